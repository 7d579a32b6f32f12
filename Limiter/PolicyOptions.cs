using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter;

/// <summary>
/// One policy as it is configured (<c>Limiter:Policies:NAME</c>): either <see cref="Limit"/>, <see cref="Window"/> and
/// <see cref="Burst"/>, or <see cref="Bandwidths"/>. A setting of any other name is an error.
/// </summary>
public sealed class PolicyOptions
{
    /// <summary>
    /// How it counts: <c>tokenBucket</c>, <c>gcra</c>, <c>fixedWindow</c>, <c>slidingWindowCounter</c>, <c>slidingWindowLog</c>,
    /// <c>leakyBucket</c> or <c>concurrency</c>. Required.
    /// </summary>
    public Algorithm? Algorithm { get; set; }

    /// <summary>Permits per <see cref="Window"/>, 1 to 10^9; at most 10,000 for slidingWindowLog and concurrency.</summary>
    [WholeNumber(1, Bandwidth.MaxLimit, "permits")]
    public long? Limit { get; set; }

    /// <summary>
    /// The window, 1 ms to 366 days; for concurrency a place's time to live. In settings a time span (<c>00:01:00</c>,
    /// <c>1.00:00:00</c>), a whole number with its unit (<c>500ms</c>, <c>60s</c>, <c>10m</c>, <c>1h</c>, <c>1d</c>), or a whole number of
    /// seconds.
    /// </summary>
    [Window]
    public TimeSpan? Window { get; set; }

    /// <summary>A bucket's size, 1 to 10^9; tokenBucket, gcra and leakyBucket only. Default: <see cref="Limit"/>.</summary>
    [WholeNumber(1, Bandwidth.MaxLimit, "permits")]
    public long? Burst { get; set; }

    /// <summary>
    /// 1 to 8 bandwidths that decide together, instead of <see cref="Limit"/>, <see cref="Window"/> and <see cref="Burst"/>.
    /// </summary>
    public IList<BandwidthOptions> Bandwidths { get; } = [];

    /// <summary>What happens to requests when the engine cannot decide. Default <see cref="OnUnavailable.Local"/>.</summary>
    public OnUnavailable OnUnavailable { get; set; } = OnUnavailable.Local;

    /// <summary>Whether it only counts and measures, and never refuses. Default false.</summary>
    public bool Shadow { get; set; }

    /// <summary>
    /// Whether a front end may take permits of a key that is asked for often in advance, and decide with them without asking a remote
    /// engine. tokenBucket and gcra only, from 100 permits per window. Default false.
    /// </summary>
    public bool Lease { get; set; }

    /// <summary>Whether only the service's own routes may use it: a <c>/limit/*</c> call that names it gets 403. Default false.</summary>
    public bool Internal { get; set; }

    /// <summary>The names of the tenants that may call it. Empty (default): all.</summary>
    public IList<string> Tenants { get; } = [];

    /// <summary>The names of the tiers that may call it. Empty (default): all.</summary>
    public IList<string> Tiers { get; } = [];

    /// <summary>How an endpoint forms the subject (a key recipe; the room that serves HTTP reads it). Default: none.</summary>
    public string? Key { get; set; }

    /// <summary>
    /// In the place of <see cref="Key"/>: a function of the room that serves requests, which alone knows what it is given.
    /// </summary>
    internal Delegate? KeyFunction { get; set; }

    /// <summary>
    /// Whether a tier's multiplier applies. Default true. False: every tier has the limits as configured, as for limits per
    /// person or address under the service's own tenant.
    /// </summary>
    public bool ScaledByTier { get; set; } = true;

    /// <summary>The section it was read from; null where code made it.</summary>
    internal string? Path { get; set; }
}
