using OrleansLimiter.Configuration;
using OrleansLimiter.Tenants;

namespace OrleansLimiter;

/// <summary>One API key of a tenant (root section <c>Tenants:n</c>, or <c>Tenants:NAME</c>).</summary>
public sealed class TenantOptions
{
    /// <summary>
    /// The tenant: 1 to 64 characters of a-z, 0-9 and -, not <c>public</c>. Required, but where the entry stands under a name: then it is
    /// that name.
    /// </summary>
    [NamesEntry]
    public string? Name { get; set; }

    /// <summary>The tenant's tier, one of <see cref="LimiterOptions.Tiers"/>. Default <c>free</c>.</summary>
    public string Tier { get; set; } = Tenant.FreeTier;

    /// <summary>
    /// The SHA-256 of the API key's UTF-8 bytes, as 64 hexadecimal digits. Required. The key itself has 32 to 256 characters: a
    /// shorter one is never accepted, whatever its hash.
    /// </summary>
    public string? KeySha256 { get; set; }

    /// <summary>The section it was read from; null where code made it.</summary>
    internal string? Path { get; set; }
}
