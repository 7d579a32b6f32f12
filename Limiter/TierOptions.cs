using OrleansLimiter.Configuration;

namespace OrleansLimiter;

/// <summary>One tier (<c>Limiter:Tiers:NAME</c>).</summary>
public sealed class TierOptions
{
    /// <summary>
    /// What a tier multiplies, 1 (default) to 1,000,000: the burst of tokenBucket, gcra and leakyBucket at the same rate, the limit
    /// of the other algorithms; in every bandwidth.
    /// </summary>
    [WholeNumber(1, 1_000_000)]
    public long Multiplier { get; set; } = 1;

    /// <summary>The section it was read from; null where code made it.</summary>
    internal string? Path { get; set; }
}
