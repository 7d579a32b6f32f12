using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Addresses;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Tenants;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// How many new places one address may have in one sale's line, where the policy <c>join-ip</c> says so
/// (<c>JOIN_RATE_LIMIT_MAX_REQUESTS</c>); by default there is no such limit. Who has a place is not counted. Safe for use by many threads.
/// </summary>
internal sealed class JoinLimit(PolicyCatalog policies, LimitService service, SaleValves valves)
{
    public const string Policy = ShopPolicies.JoinIp;

    private readonly LimitHandle? _handle = policies.TryGet(Policy, out var policy) ? service.HandleFor(Tenant.Own, policy) : null;

    /// <summary>Counts a join that would make a new place.</summary>
    /// <param name="context">The request.</param>
    /// <param name="sale">The sale.</param>
    /// <param name="user">Who joins.</param>
    /// <returns>Why not; null: the caller may join, or has a place.</returns>
    public async ValueTask<Problem?> AskAsync(HttpContext context, Sale sale, UserId user)
    {
        if (_handle is not { } handle)
            return null;
        var stands = await valves.AskAsync(sale, (engine, id, cancellation) => engine.PollAsync(id, user, cancellation));
        if (stands.IsFault || stands.Value.State != QueueState.NoPlace)
            return null;
        var answer = await service.ExecuteAsync(
            handle, SubjectKey.Of(handle.Scope, $"{sale.Id}+{ClientAddress.Of(context)}"), Operation.Acquire, Permits.One);
        return answer.IsAllowed ? null : QueueProblems.TooManyJoins(answer.RetryAfter, service.Source);
    }
}
