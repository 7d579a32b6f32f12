using System.Collections.Concurrent;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Quotas;

/// <summary>
/// Who may hold how many bytes of keys. Callers' tenants have one quota together, and each of them a part of it at most. The service's own
/// tenant has another, which no caller can use up: half of it is reserved in equal parts for the first of its policies that are asked for,
/// as many as there are parts, and the other half is for any of them, so that whoever fills one policy's keys leaves every other policy its
/// part. Safe for many threads.
/// </summary>
/// <param name="sizes">How much there is.</param>
internal sealed class TenantQuotas(QuotaSizes sizes)
{
    private readonly ConcurrentDictionary<string, KeyQuota> _tenants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KeyQuota> _ownPolicies = new(StringComparer.Ordinal);
    private readonly KeyQuota _callers = new(sizes.Callers);
    private readonly KeyQuota _ownCommon = new(sizes.OwnCommon);
    private int _parts;

    /// <summary>The quota of a tenant under a policy.</summary>
    /// <param name="scope">Tenant and policy.</param>
    /// <returns>The tenant's; of the service's own tenant the policy's. The same object at every call.</returns>
    public KeyQuota For(KeyScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return For(scope.Tenant, scope.Policy);
    }

    /// <summary>Whether a quota is the one that all callers' tenants have together.</summary>
    /// <param name="quota">The quota.</param>
    public bool IsOfAllCallers(KeyQuota quota) => ReferenceEquals(quota, _callers);

    /// <summary>The quota of a scope whose names were read from a key.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>The quota.</returns>
    public KeyQuota For(string tenant, string policy) => tenant == KeyScope.OwnTenant
        ? _ownPolicies.GetOrAdd(policy, _ =>
            new KeyQuota(long.MaxValue, _ownCommon, Interlocked.Increment(ref _parts) <= sizes.OwnPolicies ? sizes.OwnPerPolicy : 0))
        // who may have all fills all
        : _tenants.GetOrAdd(tenant, _ => new KeyQuota(sizes.PerTenant < sizes.Callers ? sizes.PerTenant : long.MaxValue, _callers));
}
