using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.Tenants;

/// <summary>Who may call, and with which key. Holds only the keys' SHA-256. Immutable; safe for use by many threads.</summary>
internal sealed class TenantDirectory
{
    /// <summary>The fewest characters of an API key or an operator's key.</summary>
    public const int MinKeyLength = 32;

    private readonly KeyRing<Tenant> _keys;
    private readonly Tenant? _public;

    internal TenantDirectory(IReadOnlyDictionary<KeyDigest, Tenant> keys, Tenant? publicTenant, WellKnownKeys wellKnown)
    {
        _keys = new KeyRing<Tenant>(keys, wellKnown);
        _public = publicTenant;
        All = [.. keys.Values.Append(publicTenant).OfType<Tenant>().Distinct().OrderBy(tenant => tenant.Name, StringComparer.Ordinal)];
    }

    /// <summary>Every tenant that can call, <c>public</c> included where it is switched on, by name.</summary>
    public IReadOnlyList<Tenant> All { get; }

    /// <summary>Whether at most one tenant can call. The service's own routes are no caller.</summary>
    public bool IsSingleTenant => All.Count <= 1;

    /// <summary>Finds who calls.</summary>
    /// <param name="apiKey">The key that was presented; null for none, which is the tenant <c>public</c> where that is switched on.</param>
    /// <param name="tenant">The tenant, if the key is known.</param>
    /// <returns>Whether the caller is known. The empty key, one under 32 characters and one over 256 are not.</returns>
    public bool TryFind(string? apiKey, [NotNullWhen(true)] out Tenant? tenant)
    {
        if (apiKey is not null)
            return _keys.TryFind(apiKey, out tenant);
        tenant = _public;
        return tenant is not null;
    }
}
