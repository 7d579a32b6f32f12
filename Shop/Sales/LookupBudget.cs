using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// How often a user may make the service look something up in the database for a request that no limit has let through, in vain or for a
/// replay: twice a second, 120 at once. More than anybody needs who behaves; what a limit keeps off the database else would come through
/// here. Counted by this front end alone. Safe for use by many threads.
/// </summary>
internal sealed class LookupBudget : IDisposable
{
    /// <summary>How many look-ups a user has a minute.</summary>
    public const int PerMinute = 120;

    private const int MaxUsers = 100_000;
    private static readonly KeyScope Scope = KeyScope.Of(KeyScope.OwnTenant, "lookups-in-vain");
    private static readonly LimitSpec Spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(PerMinute, TimeSpan.FromMinutes(1)));

    private readonly MemoryEngine _counts;

    public LookupBudget(TimeProvider time) =>
        _counts = new MemoryEngine(new MemoryEngineOptions { MaxOwnKeys = 2 * MaxUsers, OwnPolicies = 1 }, time);

    /// <summary>Takes a look-up of a user's, to be given back if what is found is kept in mind and is not looked for again.</summary>
    /// <returns>Whether there was one left.</returns>
    public bool TryTake(Guid user)
    {
        var reply = Count(user, Operation.Acquire);
        return !reply.IsFault && reply.Decision.IsAdmitted;
    }

    public void GiveBack(Guid user) => Count(user, Operation.Refund);

    public void Dispose() => _counts.Dispose();

    private EngineReply Count(Guid user, Operation operation) =>
        _counts.Execute(new LimitRequest(SubjectKey.Of(Scope, user.ToString()), Spec, operation, Permits.One));
}
