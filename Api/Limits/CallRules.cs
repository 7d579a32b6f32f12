using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Api.Limits;

/// <summary>Checks the values of a call against the rules of the wire contract: first the policy, then key, cost and request id.</summary>
internal sealed class CallRules(PolicyCatalog policies, TenantDirectory tenants, LimitService service)
{
    /// <summary>Checks a call.</summary>
    /// <param name="tenant">Who calls.</param>
    /// <param name="call">What was sent.</param>
    /// <param name="prepared">The checked call, if nothing is wrong.</param>
    /// <param name="byOperator">Whether an operator asks in the tenant's place: of every tenant and policy, internal ones being those of
    /// the tenant <c>~app</c>.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public RequestError? Check(Tenant tenant, in LimitCall call, out PreparedCall prepared, bool byOperator = false)
    {
        prepared = default;
        if (FindPolicy(call.Policy ?? LimitCall.DefaultPolicy, out var policy) is { } unknown)
            return unknown;
        if (policy!.IsInternal && !(byOperator && tenant.IsOwn))
            return RequestError.Internal(policy.Name);
        if (!byOperator && !policy.IsOpenTo(tenant))
            return new RequestError(StatusCodes.Status403Forbidden, "policy", $"policy '{policy.Name}' is not open to this tenant.");

        var handle = service.HandleFor(tenant, policy);
        if (!SubjectKey.TryCreate(handle.Scope, call.Key, out var key, out var error))
            return RequestError.Of(error);
        var cost = call.Cost ?? 1;
        if (cost is < 0 or > LimitCall.MaxCost)
            return RequestError.WrongType("cost", cost.ToString(CultureInfo.InvariantCulture), LimitCall.CostRule);
        if (!RequestId.TryCreate(call.RequestId, out var id, out error))
            return RequestError.Of(error);
        prepared = new PreparedCall(handle, key, Permits.Of(cost), id);
        return null;
    }

    /// <summary>Finds the tenant that an operator names.</summary>
    /// <param name="name">The name; <c>~app</c> for the service's own.</param>
    /// <param name="tenant">The tenant, if there is one.</param>
    /// <returns>404, if there is none.</returns>
    public RequestError? FindTenant(string name, out Tenant? tenant)
    {
        tenant = name == KeyScope.OwnTenant ? Tenant.Own : tenants.All.FirstOrDefault(known => known.Name == name);
        return tenant is null ? new RequestError(
            StatusCodes.Status404NotFound, "tenant", "tenant is unknown: it must name a tenant of this service.") : null;
    }

    /// <summary>Finds a policy by the name that was sent.</summary>
    /// <param name="name">The name.</param>
    /// <param name="policy">The policy, if there is one.</param>
    /// <returns>404, if there is none.</returns>
    public RequestError? FindPolicy(string name, out Policy? policy) =>
        policies.TryGet(name, out policy)
            ? null
            : new RequestError(StatusCodes.Status404NotFound, "policy", "policy is unknown: it must name a policy of this service.");
}
