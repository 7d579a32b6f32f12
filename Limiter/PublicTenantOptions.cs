using OrleansLimiter.Tenants;

namespace OrleansLimiter;

/// <summary>The tenant <c>public</c>: whoever calls without an API key (<c>Limiter:PublicTenant</c>).</summary>
public sealed class PublicTenantOptions
{
    /// <summary>Whether callers without an API key are served. Default: true in Development, false elsewhere.</summary>
    public bool Enabled { get; set; }

    /// <summary>Their tier, one of <see cref="LimiterOptions.Tiers"/>. Default <c>free</c>.</summary>
    public string Tier { get; set; } = Tenant.FreeTier;
}
