using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.FixedWindow;

/// <summary>A fixed window's numbers. It forms no product of them, so its tick is always 1 us.</summary>
/// <param name="Capacity">L: permits per window.</param>
/// <param name="WindowMicroseconds">W.</param>
internal readonly record struct FixedWindowSpec(long Capacity, long WindowMicroseconds) : IBandwidthSpec
{
    public Tick Tick => Tick.Finest;
}
