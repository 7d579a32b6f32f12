using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.Tenants;

/// <summary>Who holds which key, by the keys' digests. Immutable; a look-up allocates nothing.</summary>
internal sealed class KeyRing<THolder>(IReadOnlyDictionary<KeyDigest, THolder> holders, WellKnownKeys wellKnown)
    where THolder : class
{
    private readonly FrozenDictionary<KeyDigest, THolder> _holders = holders.ToFrozenDictionary();

    /// <summary>Finds the holder of a presented key. A short key is none, but for a well-known one.</summary>
    public bool TryFind(string key, [NotNullWhen(true)] out THolder? holder)
    {
        holder = null;
        return KeyDigest.TryOf(key, out var digest)
            && (key.Length >= TenantDirectory.MinKeyLength || wellKnown.Contains(digest))
            && _holders.TryGetValue(digest, out holder);
    }
}
