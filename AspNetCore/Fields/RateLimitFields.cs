using System.Globalization;
using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Fields;

/// <summary>
/// The <c>RateLimit-Policy</c> and <c>RateLimit</c> fields of one policy under one spec, as in the current draft of the IETF's HTTP API
/// working group (draft-ietf-httpapi-ratelimit-headers-11). What never changes is formatted once. Immutable; shared by every request.
/// </summary>
internal sealed class RateLimitFields
{
    /// <summary>The field that names the policies.</summary>
    public const string PolicyHeader = "RateLimit-Policy";

    /// <summary>The field that says how much is left.</summary>
    public const string LimitHeader = "RateLimit";

    // The largest integer that a structured field may hold (RFC 9651, section 3.3.1).
    private const long LargestInteger = 999_999_999_999_999;
    private const long MicrosecondsPerSecond = 1_000_000;
    private const int LongestNumbers = 64;

    private readonly string[] _heads;

    /// <summary>Formats the fields of a policy.</summary>
    /// <param name="policy">The policy's name: <c>[a-z0-9-]{1,64}</c>, so that it needs no escaping.</param>
    /// <param name="spec">The rules that decide.</param>
    public RateLimitFields(string policy, LimitSpec spec)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(spec);
        Spec = spec;
        _heads = new string[spec.Bandwidths.Length];
        var text = new StringBuilder();
        for (var i = 0; i < _heads.Length; i++)
        {
            var name = _heads.Length == 1 ? $"\"{policy}\"" : string.Create(CultureInfo.InvariantCulture, $"\"{policy}.{i + 1}\"");
            _heads[i] = name + ";r=";
            text.Append(i == 0 ? string.Empty : ", ").Append(name);
            AppendQuota(text, spec.Algorithm, spec.Bandwidths[i]);
        }

        Policy = text.ToString();
    }

    /// <summary>The rules that the fields speak of.</summary>
    public LimitSpec Spec { get; }

    /// <summary>The value of <c>RateLimit-Policy</c>: <c>"default";q=10;w=60</c>, one item for each bandwidth.</summary>
    public string Policy { get; }

    /// <summary>The name of the item that an answer speaks of: the policy's, or that of one of its bandwidths.</summary>
    /// <param name="answer">An answer with a decision.</param>
    /// <returns>As in <c>default</c> or <c>default.2</c>.</returns>
    public static string ItemOf(in LimitAnswer answer) => answer.Spec.Bandwidths.Length == 1
        ? answer.Policy.Name
        : string.Create(CultureInfo.InvariantCulture, $"{answer.Policy.Name}.{answer.Decision.Tightest + 1}");

    /// <summary>
    /// The value of <c>RateLimit</c> after a decision: <c>"default";r=3;t=6</c>, of the bandwidth that the decision's limit speaks of.
    /// </summary>
    /// <param name="decision">The decision, made under <see cref="Spec"/> or, a repeated one, under what was the policy's spec
    /// then.</param>
    /// <returns><c>r</c> is what remains, <c>t</c> the seconds (rounded up) until it grows by one, absent when it is whole.</returns>
    public string Limit(in Decision decision)
    {
        // An answer that is repeated under its request id may have been given under a content with more bandwidths.
        var head = _heads[Math.Min(decision.Tightest, _heads.Length - 1)];
        Span<char> text = stackalloc char[head.Length + LongestNumbers];
        head.CopyTo(text);
        decision.Remaining.TryFormat(text[head.Length..], out var digits, provider: CultureInfo.InvariantCulture);
        var length = head.Length + digits;
        if (decision.NextAfter.SecondsUp is { } seconds)
        {
            ";t=".CopyTo(text[length..]);
            length += 3;
            seconds.TryFormat(text[length..], out digits, provider: CultureInfo.InvariantCulture);
            length += digits;
        }

        return new string(text[..length]);
    }

    private static void AppendQuota(StringBuilder text, Algorithm algorithm, Bandwidth bandwidth)
    {
        switch (algorithm)
        {
            case Algorithm.Concurrency:
                text.Append(CultureInfo.InvariantCulture, $";q={bandwidth.Limit};qu=\"concurrent-requests\"");
                break;
            case Algorithm.TokenBucket or Algorithm.Gcra or Algorithm.LeakyBucket:
                text.Append(CultureInfo.InvariantCulture, $";q={bandwidth.Capacity};w={SecondsToFill(bandwidth)}");
                break;
            default:
                text.Append(CultureInfo.InvariantCulture,
                    $";q={bandwidth.Limit};w={CeilingQuotient((UInt128)bandwidth.WindowMicroseconds, MicrosecondsPerSecond)}");
                break;
        }
    }

    /// <summary>The seconds in which an empty bucket fills: B * W / L, up.</summary>
    private static long SecondsToFill(Bandwidth bandwidth) =>
        CeilingQuotient(
            (UInt128)bandwidth.Capacity * (UInt128)bandwidth.WindowMicroseconds, (UInt128)bandwidth.Limit * MicrosecondsPerSecond);

    private static long CeilingQuotient(UInt128 dividend, UInt128 divisor) =>
        (long)UInt128.Min((dividend + divisor - 1) / divisor, LargestInteger);
}
