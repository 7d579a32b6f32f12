using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.AspNetCore;

/// <summary>The API key that names a tenant, as it stands in a request.</summary>
internal static class ApiKey
{
    public const string Header = "X-Api-Key";

    /// <summary>Finds the tenant that a request's API key names.</summary>
    /// <param name="context">The request.</param>
    /// <param name="tenants">Who may call.</param>
    /// <param name="tenant">The tenant, if there is one.</param>
    /// <returns>
    /// Whether the caller is known: the key is, or there is no such header and callers without one are served. An empty header and
    /// several of them are no known key.
    /// </returns>
    public static bool TryFindTenant(HttpContext context, TenantDirectory tenants, [NotNullWhen(true)] out Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(tenants);
        var values = context.Request.Headers[Header];
        tenant = null;
        return values.Count <= 1 && tenants.TryFind(values.Count == 0 ? null : values[0] ?? string.Empty, out tenant);
    }
}
