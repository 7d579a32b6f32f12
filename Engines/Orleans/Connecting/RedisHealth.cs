namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// What is known of the Redis of the list of silos and of the snapshots. Outlives the hosts that ask it. Safe for many threads.
/// </summary>
internal sealed class RedisHealth
{
    private volatile string? _risk;

    /// <summary>Why it may lose what it was told, in words for operators; null if nothing is known.</summary>
    public string? Risk
    {
        get => _risk;
        set => _risk = value;
    }
}
