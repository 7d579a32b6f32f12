namespace OrleansLimiter.Resilience;

/// <summary>What a remote engine's calls are held to, checked. Immutable.</summary>
internal sealed class ResilienceSettings
{
    internal ResilienceSettings(LimiterOptions options)
    {
        FrontEnds = options.FrontEnds;
        Deadline = options.Deadline;
        MaxInFlight = options.MaxInFlight;
        ChargesPerSecond = options.ChargesPerSecond;
        FaultPercent = options.Breaker.FaultPercent;
        PartitionFaultPercent = options.Breaker.PartitionFaultPercent;
        MinimumCalls = options.Breaker.MinimumCalls;
        Window = options.Breaker.Window;
        Pause = options.Breaker.Pause;
    }

    /// <summary>How many front ends share the limits, at least 1.</summary>
    public int FrontEnds { get; }

    /// <summary><see cref="LimiterOptions.Deadline"/>.</summary>
    public TimeSpan Deadline { get; }

    /// <summary><see cref="LimiterOptions.MaxInFlight"/>.</summary>
    public int MaxInFlight { get; }

    /// <summary><see cref="LimiterOptions.ChargesPerSecond"/>.</summary>
    public int ChargesPerSecond { get; }

    /// <summary><see cref="BreakerOptions.FaultPercent"/>.</summary>
    public int FaultPercent { get; }

    /// <summary><see cref="BreakerOptions.PartitionFaultPercent"/>.</summary>
    public int PartitionFaultPercent { get; }

    /// <summary><see cref="BreakerOptions.MinimumCalls"/>.</summary>
    public int MinimumCalls { get; }

    /// <summary><see cref="BreakerOptions.Window"/>.</summary>
    public TimeSpan Window { get; }

    /// <summary><see cref="BreakerOptions.Pause"/>.</summary>
    public TimeSpan Pause { get; }
}
