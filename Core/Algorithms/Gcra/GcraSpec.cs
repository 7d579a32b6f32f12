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

    /// <inheritdoc />
    public Tick Tick => Rate.Tick;

    /// <inheritdoc />
    public long Capacity => Rate.Capacity;

    /// <inheritdoc />
    public long WindowMicroseconds { get; }

    /// <summary>l/w and B.</summary>
    internal Rate Rate { get; }

    /// <summary>The whole ticks of B*w/l, the time an empty key takes to become whole.</summary>
    internal long FillTicks { get; }

    /// <summary>The fraction of B*w/l, over l.</summary>
    internal long FillNumerator { get; }
}
