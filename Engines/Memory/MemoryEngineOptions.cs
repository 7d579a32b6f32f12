using System.Globalization;

namespace OrleansLimiter.Engines.Memory;

/// <summary>How many keys the memory engine may hold at once.</summary>
public sealed class MemoryEngineOptions
{
    /// <summary>The default of <see cref="MaxKeys"/>.</summary>
    public const long DefaultMaxKeys = 1_000_000;

    private const long TenantsShare = 4;

    /// <summary>The most keys at once, whole ones not counted. At least 1; default 1,000,000, some 140 MB with 20-byte subjects.</summary>
    public long MaxKeys { get; set; } = DefaultMaxKeys;

    /// <summary>The most keys of one tenant. 1 to <see cref="MaxKeys"/>; default a quarter of it, at least 1. Where only one tenant can call, set it to <see cref="MaxKeys"/>.</summary>
    public long? MaxKeysPerTenant { get; set; }

    /// <summary>What <see cref="MaxKeysPerTenant"/> comes to.</summary>
    internal long EffectiveMaxKeysPerTenant => MaxKeysPerTenant ?? Math.Max(1, MaxKeys / TenantsShare);

    /// <summary>Refuses numbers out of bounds.</summary>
    internal void Validate()
    {
        if (MaxKeys < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxKeys), Text(MaxKeys), "MaxKeys must be at least 1.");
        if (EffectiveMaxKeysPerTenant < 1 || EffectiveMaxKeysPerTenant > MaxKeys)
            throw new ArgumentOutOfRangeException(nameof(MaxKeysPerTenant), Text(EffectiveMaxKeysPerTenant), "MaxKeysPerTenant must be from 1 to MaxKeys.");
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
