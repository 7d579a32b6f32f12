using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>A burst means something to the bucket algorithms only; elsewhere it would be silently ignored.</summary>
internal static class BurstRule
{
    /// <summary>The complaint about a burst where there is no bucket; null if there is none.</summary>
    public static InvalidValue? ErrorIn(Bandwidth bandwidth) => bandwidth.Burst is { } burst
        ? new InvalidValue("burst", burst.ToString(CultureInfo.InvariantCulture), "may be set for tokenBucket, gcra and leakyBucket only")
        : null;
}
