namespace OrleansLimiter.Limiter;

/// <summary>One tier (<c>Limiter:Tiers:NAME</c>).</summary>
public sealed class TierOptions
{
    /// <summary>The largest multiplier.</summary>
    public const long MaxMultiplier = 1_000_000;

    /// <summary>
    /// What a tier multiplies, 1 (default) to 1,000,000: the burst of tokenBucket, gcra and leakyBucket at the same rate, the limit
    /// of the other algorithms; in every bandwidth.
    /// </summary>
    public long Multiplier { get; set; } = 1;
}
