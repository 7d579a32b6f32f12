using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.TestKit;

/// <summary>The table of docs/accuracy.md.</summary>
public static class AccuracyTable
{
    /// <summary>
    /// The most permits that a key under a spec of one bandwidth admits in any window, of an algorithm that counts what it admits.
    /// </summary>
    public static long RowOf(LimitSpec spec)
    {
        var (limit, window) = (spec.Bandwidths[0].Limit, spec.Bandwidths[0].WindowMicroseconds);
        return spec.Algorithm switch
        {
            Algorithm.TokenBucket or Algorithm.Gcra => spec.Capacity + limit - (limit + window - 1) / window,
            Algorithm.FixedWindow => 2 * limit,
            Algorithm.SlidingWindowCounter => 2 * limit - 1,
            Algorithm.SlidingWindowLog => limit,
            _ => throw new ArgumentOutOfRangeException(nameof(spec)),
        };
    }
}
