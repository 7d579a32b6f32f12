using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.Tenants;

/// <summary>
/// Who may operate the service, and with which key. Holds only the keys' SHA-256. Immutable; safe for use by many threads.
/// </summary>
internal sealed class OperatorDirectory
{
    private readonly KeyRing<string> _keys;

    internal OperatorDirectory(IReadOnlyDictionary<KeyDigest, string> keys, WellKnownKeys wellKnown)
    {
        _keys = new KeyRing<string>(keys, wellKnown);
        All = [.. keys.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<string> All { get; }

    /// <summary>Finds the operator who holds a key.</summary>
    /// <param name="key">The key that was presented; null for none.</param>
    /// <param name="name">The operator's name, if the key is known.</param>
    /// <returns>Whether the key is known.</returns>
    public bool TryFind(string? key, [NotNullWhen(true)] out string? name)
    {
        name = null;
        return key is not null && _keys.TryFind(key, out name);
    }
}
