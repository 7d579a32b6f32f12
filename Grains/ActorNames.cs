using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Grains;

/// <summary>
/// Reads the names of actors: <c>tenant/policy/subject</c> or a sale's, behind an application's name and a colon where it has one.
/// </summary>
internal static class ActorNames
{
    /// <summary>
    /// The quota of a key's actor. An application's tenants are its own, and so are its policies among those of the service's own tenant.
    /// </summary>
    public static KeyQuota QuotaOf(string actor, TenantQuotas quotas)
    {
        var names = actor.Split('/', 3);
        var tenant = names[0].LastIndexOf(ApplicationName.Separator) + 1;
        return tenant > 0 && names[0].AsSpan(tenant) is KeyScope.OwnTenant
            ? quotas.For(KeyScope.OwnTenant, $"{names[0].AsSpan(0, tenant)}{names[1]}")
            : quotas.For(names[0], names[1]);
    }

    /// <summary>
    /// What silos call a key's policy among themselves: its name, behind its application's and a colon. Two tenants of one policy name
    /// one algorithm.
    /// </summary>
    public static PolicyActors PolicyOf(string actor, ActorsInUse actors)
    {
        var tenant = actor.AsSpan(0, actor.IndexOf('/', StringComparison.Ordinal));
        var policy = actor.AsSpan(tenant.Length + 1);
        policy = policy[..policy.IndexOf('/')];
        var application = tenant.LastIndexOf(ApplicationName.Separator) + 1;
        return application == 0 ? actors.Of(policy) : actors.Of($"{tenant[..application]}{policy}");
    }

    /// <summary>The sale of a valve's actor.</summary>
    public static SaleId SaleOf(string actor) => SaleId.Of(actor[(actor.LastIndexOf(ApplicationName.Separator) + 1)..]);
}
