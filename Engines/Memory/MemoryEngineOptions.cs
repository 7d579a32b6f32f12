using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// How many keys the memory engine may hold at once. Keys weigh what they cost: a plain one, which has a subject of up to 24 bytes, one
/// bandwidth of any algorithm but slidingWindowLog and concurrency, and no request ids, counts as 112 bytes (it takes some 95), and these
/// numbers are of such; one that takes more counts for more.
/// </summary>
internal sealed class MemoryEngineOptions
{
    /// <summary>The default of <see cref="MaxKeys"/>.</summary>
    public const long DefaultMaxKeys = 1_000_000;

    /// <summary>
    /// The most keys of callers at once, whole ones not counted. 1 to 1,000,000,000,000; default 1,000,000, at most some 112 MB.
    /// </summary>
    public long MaxKeys { get; set; } = DefaultMaxKeys;

    /// <summary>
    /// The most keys of one tenant. 1 to <see cref="MaxKeys"/>; default a quarter of it, at least 1. Where only one tenant can call, set it
    /// to <see cref="MaxKeys"/>.
    /// </summary>
    public long? MaxKeysPerTenant { get; set; }

    /// <summary>
    /// The most keys of the tenant <c>~app</c>, beside <see cref="MaxKeys"/>: no caller can use them up. 1 to 1,000,000,000,000; default
    /// half of <see cref="MaxKeys"/>, at least 1,000.
    /// </summary>
    public long? MaxOwnKeys { get; set; }

    /// <summary>
    /// Among how many policies half of <see cref="MaxOwnKeys"/> is divided, so that each has a part that no other can use up; the other
    /// half is for any of them. At least 1, default 8.
    /// </summary>
    public int OwnPolicies { get; set; } = 8;

    /// <summary>The numbers in bytes.</summary>
    internal QuotaSizes Sizes => QuotaSizes.OfKeys(KeyEntry.PlainBytes, MaxKeys, MaxKeysPerTenant, MaxOwnKeys, OwnPolicies);

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate() => KeyBounds.Require(
        (nameof(MaxKeys), MaxKeys), (nameof(MaxKeysPerTenant), MaxKeysPerTenant), (nameof(MaxOwnKeys), MaxOwnKeys),
        (nameof(OwnPolicies), OwnPolicies));
}
