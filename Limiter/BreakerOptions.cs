using OrleansLimiter.Configuration;

namespace OrleansLimiter;

/// <summary>When calls to a remote engine stop for a while (<c>Limiter:Breaker</c>). Not used by the memory engine.</summary>
public sealed class BreakerOptions
{
    private const int Shortest = 500;
    private const int Longest = 60_000;

    /// <summary>
    /// The share of faults over all calls, in percent, from which on nothing is sent to the engine. 1 to 100, default 80.
    /// </summary>
    [WholeNumber(1, 100, "percent")]
    public int FaultPercent { get; set; } = 80;

    /// <summary>
    /// The share of faults over the calls through one gateway or shard, in percent, from which on nothing is sent through that one. 1 to
    /// 100, default 50: below <see cref="FaultPercent"/>, so that a sick one is left out before it sends everybody's keys home.
    /// </summary>
    [WholeNumber(1, 100, "percent")]
    public int PartitionFaultPercent { get; set; } = 50;

    /// <summary>How many calls a window must hold before their faults count. 2 to 10,000 calls, default 20.</summary>
    [WholeNumber(2, 10_000, "calls")]
    public int MinimumCalls { get; set; } = 20;

    /// <summary>Over how long the shares are taken. 500 ms to 1 minute, default 2 s.</summary>
    [Duration(Shortest, Longest)]
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long nothing is sent before one call is let through to see whether the engine is back; up to half of it is added at random, so
    /// that front ends do not ask in step. 500 ms to 1 minute, at least <see cref="LimiterOptions.Deadline"/>; default 1 s.
    /// </summary>
    [Duration(Shortest, Longest)]
    public TimeSpan Pause { get; set; } = TimeSpan.FromSeconds(1);
}
