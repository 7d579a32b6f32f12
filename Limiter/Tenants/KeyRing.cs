using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Limiter;

/// <summary>Who holds which key, by the keys' digests. Immutable; a look-up allocates nothing.</summary>
internal sealed class KeyRing<THolder>(IReadOnlyDictionary<KeyDigest, THolder> holders)
    where THolder : class
{
    private readonly FrozenDictionary<KeyDigest, THolder> _holders = holders.ToFrozenDictionary();

    /// <summary>Finds the holder of a presented key. A short key is none, but for the built-in development keys, which production does not have.</summary>
    public bool TryFind(string key, [NotNullWhen(true)] out THolder? holder)
    {
        holder = null;
        return KeyDigest.TryOf(key, out var digest)
            && (key.Length >= TenantDirectory.MinKeyLength || DevelopmentDefaults.IsKey(digest))
            && _holders.TryGetValue(digest, out holder);
    }
}
