using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.SlidingWindowCounter;

/// <summary>A sliding window counter's numbers. Its largest product, L*W in ticks, is under 2^53.</summary>
/// <param name="Capacity">L: permits per window.</param>
/// <param name="WindowMicroseconds">W.</param>
/// <param name="Tick">The step in which time is counted.</param>
internal readonly record struct SlidingWindowCounterSpec(long Capacity, long WindowMicroseconds, Tick Tick) : IBandwidthSpec
{
    internal long Window { get; } = WindowMicroseconds / Tick.Microseconds;
}
