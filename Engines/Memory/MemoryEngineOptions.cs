using System.Globalization;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// How many keys the memory engine may hold at once. Keys weigh what they cost: a plain one, which has a subject of up to 24 bytes, one bandwidth of any algorithm but slidingWindowLog and
/// concurrency, and no request ids, is 112 bytes, and these numbers are of such; one that takes more counts for more.
/// </summary>
public sealed class MemoryEngineOptions
{
    /// <summary>The default of <see cref="MaxKeys"/>.</summary>
    public const long DefaultMaxKeys = 1_000_000;

    /// <summary>The least default of <see cref="MaxOwnKeys"/>.</summary>
    public const long LeastOwnKeys = 1_000;

    private const long TenantsShare = 4;

    /// <summary>The most keys of callers at once, whole ones not counted. At least 1; default 1,000,000, some 112 MB.</summary>
    public long MaxKeys { get; set; } = DefaultMaxKeys;

    /// <summary>The most keys of one tenant. 1 to <see cref="MaxKeys"/>; default a quarter of it, at least 1. Where only one tenant can call, set it to <see cref="MaxKeys"/>.</summary>
    public long? MaxKeysPerTenant { get; set; }

    /// <summary>
    /// The most keys of the tenant <c>~app</c>, beside <see cref="MaxKeys"/>: no caller can use them up. At least 1; default half of <see cref="MaxKeys"/>, at least 1,000.
    /// </summary>
    public long? MaxOwnKeys { get; set; }

    /// <summary>
    /// Among how many policies half of <see cref="MaxOwnKeys"/> is divided, so that each has a part that no other can use up; the other half is for any of them. At least 1, default 8.
    /// </summary>
    public int OwnPolicies { get; set; } = 8;

    /// <summary>What <see cref="MaxKeysPerTenant"/> comes to.</summary>
    internal long EffectiveMaxKeysPerTenant => MaxKeysPerTenant ?? Math.Max(1, MaxKeys / TenantsShare);

    /// <summary>What <see cref="MaxOwnKeys"/> comes to.</summary>
    internal long EffectiveMaxOwnKeys => MaxOwnKeys ?? Math.Max(LeastOwnKeys, MaxKeys / 2);

    /// <summary>The numbers in bytes.</summary>
    internal QuotaSizes Sizes => new(
        MaxKeys * KeyEntry.PlainBytes, EffectiveMaxKeysPerTenant * KeyEntry.PlainBytes, EffectiveMaxOwnKeys * KeyEntry.PlainBytes, OwnPolicies);

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate()
    {
        if (MaxKeys < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxKeys), Text(MaxKeys), "MaxKeys must be at least 1.");
        if (EffectiveMaxKeysPerTenant < 1 || EffectiveMaxKeysPerTenant > MaxKeys)
            throw new ArgumentOutOfRangeException(nameof(MaxKeysPerTenant), Text(EffectiveMaxKeysPerTenant), "MaxKeysPerTenant must be from 1 to MaxKeys.");
        if (EffectiveMaxOwnKeys < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxOwnKeys), Text(EffectiveMaxOwnKeys), "MaxOwnKeys must be at least 1.");
        if (OwnPolicies < 1)
            throw new ArgumentOutOfRangeException(nameof(OwnPolicies), Text(OwnPolicies), "OwnPolicies must be at least 1.");
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
