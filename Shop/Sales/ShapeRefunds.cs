using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Policies;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Gives a purchase's permit back to who mistyped, at most five times in the limit's window, so that mistakes are free and guessing card
/// numbers is not. Counted by this front end alone. Safe for use by many threads.
/// </summary>
internal sealed class ShapeRefunds : IDisposable
{
    private const int MaxUsers = 100_000;
    private const long PerWindow = 5;
    private static readonly KeyScope Scope = KeyScope.Of(KeyScope.OwnTenant, "buy-ticket-mistakes");

    private readonly MemoryEngine _counts;
    private readonly LimitSpec _spec;

    public ShapeRefunds(PolicyCatalog policies, TimeProvider time)
    {
        var window = policies.TryGet(PayTicketCall.Limit, out var policy)
            ? TimeSpan.FromMicroseconds(policy.SpecFor(Tenant.FreeTier).Bandwidths[0].WindowMicroseconds)
            : TimeSpan.FromMinutes(1);
        _spec = LimitSpec.Of(Algorithm.SlidingWindowLog, Bandwidth.Of(PerWindow, window));
        _counts = new MemoryEngine(new MemoryEngineOptions { MaxOwnKeys = 4 * MaxUsers, OwnPolicies = 1 }, time);
    }

    /// <summary>Gives a request's permit back, unless the caller has had five.</summary>
    public async ValueTask RefundAsync(HttpContext context)
    {
        var key = SubjectKey.Of(Scope, context.User.UserId().ToString());
        var reply = _counts.Execute(new LimitRequest(key, _spec, Operation.Acquire, Permits.One));
        if (!reply.IsFault && reply.Decision.IsAdmitted)
            await context.GetRequestLimits()!.RefundAsync(PayTicketCall.Limit);
    }

    public void Dispose() => _counts.Dispose();
}
