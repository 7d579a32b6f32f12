using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.Gcra;

/// <summary>The numbers of a generic cell rate: a burst, and a rate in lowest terms. Used by gcra and leakyBucket.</summary>
internal readonly record struct GcraSpec : IBandwidthSpec
{
    internal GcraSpec(Rate rate, long windowMicroseconds)
    {
        Rate = rate;
        WindowMicroseconds = windowMicroseconds;
        FillTicks = rate.Capacity * rate.Ticks / rate.Permits;
        FillNumerator = rate.Capacity * rate.Ticks % rate.Permits;
    }

    public Tick Tick => Rate.Tick;

    public long Capacity => Rate.Capacity;

    public long WindowMicroseconds { get; }

    internal Rate Rate { get; }

    /// <summary>The whole ticks of B*w/l, the time an empty key takes to become whole.</summary>
    internal long FillTicks { get; }

    /// <summary>The fraction of B*w/l, over l.</summary>
    internal long FillNumerator { get; }
}
