namespace OrleansLimiter.Core.Quotas;

/// <summary>How many bytes of keys there may be at once.</summary>
/// <param name="Callers">Of all callers' tenants together.</param>
/// <param name="PerTenant">Of one of them.</param>
/// <param name="Own">Of the service's own tenant, beside those.</param>
/// <param name="OwnPolicies">How many policies count under the service's own tenant: half of <paramref name="Own"/> is divided among them. At least 1.</param>
public sealed record QuotaSizes(long Callers, long PerTenant, long Own, int OwnPolicies)
{
    /// <summary>How many bytes are reserved for each of the service's own policies.</summary>
    public long OwnPerPolicy => Own / 2 / OwnPolicies;

    /// <summary>How many bytes any of the service's own policies may have beside its reserved ones.</summary>
    public long OwnCommon => Own - OwnPerPolicy * OwnPolicies;
}
