using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.TokenBucket;

/// <summary>A token bucket's numbers: a capacity, and a rate in lowest terms.</summary>
internal readonly record struct TokenBucketSpec : IBandwidthSpec
{
    internal TokenBucketSpec(Rate rate, long windowMicroseconds)
    {
        Rate = rate;
        WindowMicroseconds = windowMicroseconds;
        FillTicks = Rate.CeilingQuotient(rate.Capacity * rate.Ticks, rate.Permits);
    }

    public Tick Tick => Rate.Tick;

    public long Capacity => Rate.Capacity;

    public long WindowMicroseconds { get; }

    internal Rate Rate { get; }

    /// <summary>The ticks in which an empty bucket fills: beyond it no product needs forming.</summary>
    internal long FillTicks { get; }
}
