using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>
/// Two front ends whose configuration differs, as during a rolling restart, ask one engine in turn: every ordered pair of a set of contents
/// that differ in limit, window, number of bandwidths and algorithm. What must hold is said by <see cref="TurnPlay"/>.
/// </summary>
public static class ContentPairs
{
    /// <summary>
    /// Of every algorithm: a content, one with a higher limit, with a lower one, with another window, and with one bandwidth more. All of
    /// revision 0.
    /// </summary>
    public static IReadOnlyList<LimitSpec> Contents { get; } = [.. Enum.GetValues<Algorithm>().SelectMany(ContentsOf)];

    private const int LeastFollowed = 1_000;

    /// <summary>Plays every ordered pair of different contents.</summary>
    /// <param name="target">The engine.</param>
    /// <param name="seed">What the turns are drawn from.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="TurnException">A rule was broken; the message names the pair and the turns.</exception>
    /// <exception cref="InvalidOperationException">Hardly any refusal was followed to the microsecond: so little was played that it proves
    /// nothing.</exception>
    public static async Task RunAsync(IConformanceTarget target, long seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var followed = 0;
        for (var i = 0; i < Contents.Count; i++)
        {
            for (var j = 0; j < Contents.Count; j++)
            {
                if (i == j)
                    continue;
                var name = string.Create(CultureInfo.InvariantCulture, $"pair-{seed}-{i}-{j}");
                followed += await new TurnPlay(target, Contents[i], Contents[j], name, seed * 10_000 + i * 100 + j)
                    .RunAsync(cancellationToken);
            }
        }

        if (followed <= LeastFollowed)
            throw new InvalidOperationException($"Only {followed} refusals were followed to the microsecond.");
    }

    private static IEnumerable<LimitSpec> ContentsOf(Algorithm algorithm)
    {
        yield return Of(algorithm, (6, 2_000));
        yield return Of(algorithm, (10, 2_000));
        yield return Of(algorithm, (3, 2_000));
        yield return Of(algorithm, (6, 3_000));
        if (algorithm is not (Algorithm.LeakyBucket or Algorithm.Concurrency))
            yield return Of(algorithm, (6, 2_000), (9, 7_000));
    }

    private static LimitSpec Of(Algorithm algorithm, params (long Limit, int Milliseconds)[] bandwidths) =>
        LimitSpec.Of(algorithm, [.. bandwidths.Select(one => Bandwidth.Of(one.Limit, TimeSpan.FromMilliseconds(one.Milliseconds)))]);
}
