using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter;

/// <summary>One of several bandwidths of a policy (<c>Limiter:Policies:NAME:Bandwidths:n</c>).</summary>
public sealed class BandwidthOptions
{
    /// <summary>Permits per <see cref="Window"/>, 1 to 10^9. Required.</summary>
    [WholeNumber(1, Bandwidth.MaxLimit, "permits")]
    public long? Limit { get; set; }

    /// <summary>The window, 1 ms to 366 days, written as in <see cref="PolicyOptions.Window"/>. Required.</summary>
    [Window]
    public TimeSpan? Window { get; set; }

    /// <summary>A bucket's size, 1 to 10^9; tokenBucket and gcra only. Default: <see cref="Limit"/>.</summary>
    [WholeNumber(1, Bandwidth.MaxLimit, "permits")]
    public long? Burst { get; set; }

    /// <summary>The section it was read from; null where code made it.</summary>
    internal string? Path { get; set; }
}
