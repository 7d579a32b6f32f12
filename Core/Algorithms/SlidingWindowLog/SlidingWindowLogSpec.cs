using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.SlidingWindowLog;

/// <summary>A sliding window log's numbers. Its tick is always 1 us.</summary>
/// <param name="Capacity">L: permits per window, at most 10,000.</param>
/// <param name="WindowMicroseconds">W.</param>
internal readonly record struct SlidingWindowLogSpec(long Capacity, long WindowMicroseconds) : IBandwidthSpec
{
    /// <summary>The largest limit: a key may hold one entry per permit.</summary>
    public const long MaxLimit = 10_000;

    public Tick Tick => Tick.Finest;
}
