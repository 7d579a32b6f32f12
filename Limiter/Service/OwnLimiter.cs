using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Places;
using OrleansLimiter.Policies;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Service;

/// <summary>Decides under the application's own tenant, as the gate before an endpoint does. Safe for use by many threads.</summary>
internal sealed class OwnLimiter(LimitService service, PolicyCatalog policies, TimeProvider time) : ILimiter
{
    public async ValueTask<LimitLease> AcquireAsync(
        string policy, string subject, long cost = 1, string? requestId = null, CancellationToken cancellationToken = default)
    {
        var handle = HandleOf(policy, Operation.Acquire);
        var key = KeyOf(handle.Scope, subject);
        var permits = PermitsOf(cost);
        var id = IdOf(requestId);
        var answer = await service
            .ExecuteAsync(handle, key, Operation.Acquire, permits, id, PlaceNames.ProvisionalFor(handle), cancellationToken)
            .ConfigureAwait(false);
        return new LimitLease(LimitResult.OfAsking(answer), HeldPlace.Of(service, key, answer), time);
    }

    public async ValueTask<LimitResult> PeekAsync(
        string policy, string subject, long cost = 1, CancellationToken cancellationToken = default)
    {
        var handle = HandleOf(policy, Operation.Peek);
        var answer = await service
            .ExecuteAsync(handle, KeyOf(handle.Scope, subject), Operation.Peek, PermitsOf(cost), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return LimitResult.OfAsking(answer);
    }

    public async ValueTask<LimitResult> RefundAsync(
        string policy, string subject, long cost = 1, string? requestId = null, CancellationToken cancellationToken = default)
    {
        var handle = HandleOf(policy, Operation.Refund);
        var key = KeyOf(handle.Scope, subject);
        var answer = await service
            .ExecuteAsync(handle, key, Operation.Refund, PermitsOf(cost), IdOf(requestId), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return LimitResult.OfReturning(answer);
    }

    public async ValueTask<LimitResult> ReleaseAsync(
        string policy, string subject, string placeId, CancellationToken cancellationToken = default)
    {
        var handle = HandleOf(policy, Operation.Release);
        var key = KeyOf(handle.Scope, subject);
        var place = PlaceOf(placeId);
        var answer = await service
            .ExecuteAsync(handle, key, Operation.Release, Permits.Zero, lease: place, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        return LimitResult.OfReturning(answer);
    }

    /// <summary>The handle of a policy that there is, and that has the operation.</summary>
    internal LimitHandle HandleOf(string policy, Operation operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(policy);
        if (!policies.TryGet(policy, out var found))
        {
            throw new ArgumentException(
                policies.All.Count == 0
                    ? $"There is no policy '{policy}': {LimiterOptions.Section}:Policies is empty."
                    : $"There is no policy '{policy}'; there are {string.Join(", ", policies.All.Select(known => known.Name))}.",
                nameof(policy));
        }

        // What is configured is the program's to know; what the engine has meanwhile is told as a value.
        var isRelease = operation == Operation.Release;
        var isSupported = isRelease ? found.Algorithm == Algorithm.Concurrency : found.SpecFor(Tenant.FreeTier).Supports(operation);
        if (isSupported)
            return service.HandleFor(Tenant.Own, found);
        var lacks = isRelease ? "gives out no places" : "takes no permits back";
        throw new ArgumentException($"The policy '{found.Name}' ({AlgorithmNames.NameOf(found.Algorithm)}) {lacks}.", nameof(policy));
    }

    internal static SubjectKey KeyOf(KeyScope scope, string subject) =>
        SubjectKey.TryCreate(scope, subject, out var key, out var error)
            ? key
            : throw new ArgumentException((error with { Field = nameof(subject) }).ToString(), nameof(subject));

    internal static Permits PermitsOf(long cost)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cost, 1);
        return Permits.Of(cost);
    }

    internal static RequestId IdOf(string? requestId) =>
        RequestId.TryCreate(requestId, out var id, out var error) ? id : throw new ArgumentException(error.ToString(), nameof(requestId));

    internal static LeaseId PlaceOf(string placeId) =>
        LeaseId.TryParse(placeId, out var place)
            ? place
            : throw new ArgumentException("A place's name is 32 hexadecimal digits.", nameof(placeId));
}
