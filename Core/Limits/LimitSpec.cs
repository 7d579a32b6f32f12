using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Core.Limits;

/// <summary>
/// The rules of one limit, checked and compiled: an algorithm, one to eight bandwidths that decide together, and a
/// version. Immutable; made once and shared by every request.
/// </summary>
public sealed class LimitSpec
{
    /// <summary>The most bandwidths that a spec may have.</summary>
    public const int MaxBandwidths = 8;

    private LimitSpec(Algorithm algorithm, ImmutableArray<Bandwidth> bandwidths, KeyRules rules, long revision)
    {
        Algorithm = algorithm;
        Bandwidths = bandwidths;
        Rules = rules;
        Version = new SpecVersion(revision, HashOf(algorithm, bandwidths));
    }

    /// <summary>How it counts.</summary>
    public Algorithm Algorithm { get; }

    /// <summary>One to eight bandwidths.</summary>
    public ImmutableArray<Bandwidth> Bandwidths { get; }

    /// <summary>Which of two specs of a policy is newer, and whether they say the same.</summary>
    public SpecVersion Version { get; }

    /// <summary>The largest cost that can ever be admitted: the smallest capacity of all bandwidths.</summary>
    public long Capacity => Rules.Capacity;

    /// <summary>The compiled numbers.</summary>
    internal KeyRules Rules { get; }

    /// <summary>Checks the numbers and compiles the spec.</summary>
    /// <param name="algorithm">How to count.</param>
    /// <param name="bandwidths">1 to 8; exactly 1 for leakyBucket and concurrency.</param>
    /// <param name="revision">Counted up by whoever changes a policy at run time; at least 0.</param>
    /// <param name="spec">The spec, if all is right.</param>
    /// <param name="error">What is wrong, if not: the field's path (as in <c>bandwidths[1].window</c>), its value, the rule.</param>
    /// <returns>Whether all is right.</returns>
    public static bool TryCreate(
        Algorithm algorithm,
        IReadOnlyList<Bandwidth> bandwidths,
        long revision,
        [NotNullWhen(true)] out LimitSpec? spec,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(bandwidths);
        spec = null;
        if (bandwidths.Count is < 1 or > MaxBandwidths)
        {
            error = new InvalidValue("bandwidths", Text(bandwidths.Count), "must hold 1 to 8 bandwidths");
            return false;
        }

        if (bandwidths.Count > 1 && (algorithm is Algorithm.LeakyBucket or Algorithm.Concurrency))
        {
            error = new InvalidValue("bandwidths", Text(bandwidths.Count),
                $"must hold exactly 1 bandwidth for {AlgorithmNames.NameOf(algorithm)}");
            return false;
        }

        if (revision < 0)
        {
            error = new InvalidValue("revision", Text(revision), "must be at least 0");
            return false;
        }

        if (!KeyRules.TryCompile(algorithm, bandwidths, out var rules, out error))
            return false;
        spec = new LimitSpec(algorithm, [.. bandwidths], rules, revision);
        return true;
    }

    /// <summary>Creates a spec that the program itself knows to be right.</summary>
    /// <param name="algorithm">How to count.</param>
    /// <param name="bandwidths">1 to 8; exactly 1 for leakyBucket and concurrency.</param>
    /// <returns>The spec, of revision 0.</returns>
    /// <exception cref="ArgumentException">Something is out of bounds; the message names it and the rule.</exception>
    public static LimitSpec Of(Algorithm algorithm, params IReadOnlyList<Bandwidth> bandwidths) =>
        TryCreate(algorithm, bandwidths, 0, out var spec, out var error) ? spec : throw new ArgumentException(error.ToString());

    /// <summary>
    /// Whether the algorithm has an operation: leakyBucket has no refund; concurrency has neither refund nor charge; those two alone have
    /// release.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <returns>Whether it may be asked for.</returns>
    public bool Supports(Operation operation) => Rules.Supports(operation);

    /// <summary>
    /// Which spec decides a request on a key whose state is under this one: the newer, or for equal revisions the request's own.
    /// </summary>
    /// <param name="named">The spec that the request names.</param>
    /// <returns>This spec where it is newer, or says the same; else <paramref name="named"/>.</returns>
    public LimitSpec Decides(LimitSpec named)
    {
        ArgumentNullException.ThrowIfNull(named);
        return Version.IsNewerThan(named.Version) || Version == named.Version ? this : named;
    }

    /// <summary>The spec in one line, as it is hashed.</summary>
    /// <returns>As in <c>tokenBucket;10/60000000/10</c>: limit, window in us, burst, for each bandwidth.</returns>
    public override string ToString() => Canonical(Algorithm, Bandwidths);

    private static string Canonical(Algorithm algorithm, ImmutableArray<Bandwidth> bandwidths)
    {
        var text = new StringBuilder(AlgorithmNames.NameOf(algorithm));
        foreach (var bandwidth in bandwidths)
            text.Append(CultureInfo.InvariantCulture, $";{bandwidth.Limit}/{bandwidth.WindowMicroseconds}/{bandwidth.Capacity}");
        return text.ToString();
    }

    private static ulong HashOf(Algorithm algorithm, ImmutableArray<Bandwidth> bandwidths) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(
            SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(algorithm, bandwidths))));

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
