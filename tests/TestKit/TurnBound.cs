using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.TestKit;

/// <summary>
/// What two contents of one revision admit together at most while they take turns on a key: docs/accuracy.md, "While two contents take
/// turns".
/// </summary>
public static class TurnBound
{
    /// <summary>The most permits that both together admit in any half-open window.</summary>
    /// <param name="one">A content that counts permits in ticks of 1 us.</param>
    /// <param name="other">Another, or the same.</param>
    /// <param name="window">The window in microseconds.</param>
    /// <returns>The least bound of all pairs of bandwidths that carry each other on.</returns>
    public static long Of(LimitSpec one, LimitSpec other, long window)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return PartnersOf(one, other).Min(pair => Of(one.Algorithm, pair.One, other.Algorithm, pair.Other, window));
    }

    private static long Of(Algorithm algorithm, Bandwidth one, Algorithm otherAlgorithm, Bandwidth other, long window)
    {
        var capacity = Math.Max(one.Capacity, other.Capacity);
        var (w, otherW) = (one.WindowMicroseconds, other.WindowMicroseconds);
        if (algorithm == Algorithm.SlidingWindowLog && otherAlgorithm == Algorithm.SlidingWindowLog)
            return capacity * Ceiling(window, Math.Min(w, otherW));
        if (algorithm == Algorithm.FixedWindow && otherAlgorithm == Algorithm.FixedWindow && w == otherW)
            return capacity * (1 + Ceiling(window - 1, w));
        var (flow, otherFlow) = (Flow(algorithm, one, window), Flow(otherAlgorithm, other, window));
        return capacity + (IsSteady(algorithm) && IsSteady(otherAlgorithm) ? Math.Max(flow, otherFlow) : flow + otherFlow);
    }

    /// <summary>The most that one of them frees within a window, beyond what was used when it began.</summary>
    private static long Flow(Algorithm algorithm, Bandwidth bandwidth, long window)
    {
        var (limit, w) = ((Int128)bandwidth.Limit, bandwidth.WindowMicroseconds);
        return algorithm switch
        {
            Algorithm.FixedWindow => (long)limit * Ceiling(window - 1, w),
            Algorithm.SlidingWindowLog => (long)limit * ((window - 1) / w),
            _ => (long)(limit * (window - 1) / w),
        };
    }

    private static bool IsSteady(Algorithm algorithm) => algorithm is not (Algorithm.FixedWindow or Algorithm.SlidingWindowLog);

    private static long Ceiling(long dividend, long divisor) => (dividend + divisor - 1) / divisor;

    /// <summary>
    /// By equal window, then by position; a bandwidth without a partner takes over the most that any has used, and so does its counterpart.
    /// </summary>
    private static IEnumerable<(Bandwidth One, Bandwidth Other)> PartnersOf(LimitSpec one, LimitSpec other)
    {
        if (one.Algorithm != other.Algorithm)
            return one.Bandwidths.SelectMany(_ => other.Bandwidths, (a, b) => (a, b));
        var (left, right) = (one.Bandwidths.ToList<Bandwidth?>(), other.Bandwidths.ToList<Bandwidth?>());
        var pairs = new List<(Bandwidth, Bandwidth)>();
        for (var i = 0; i < left.Count; i++)
        {
            if (right.FindIndex(b => b?.WindowMicroseconds == left[i]!.WindowMicroseconds) is var j and >= 0)
            {
                pairs.Add((left[i]!, right[j]!));
                (left[i], right[j]) = (null, null);
            }
        }

        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (left[i] is { } a && right[i] is { } b)
            {
                pairs.Add((a, b));
                (left[i], right[i]) = (null, null);
            }
        }

        pairs.AddRange(left.OfType<Bandwidth>().SelectMany(_ => right.OfType<Bandwidth>(), (a, b) => (a, b)));
        return pairs;
    }
}
