using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// One key's whole life, as every actor-like engine calls it: the spec that its state was last stored under, the state, and the requests it
/// answered under an id. Pure but for the state given in; whoever owns the key calls one at a time.
/// </summary>
public static class LimitKey
{
    /// <summary>The state of a key that was never asked.</summary>
    /// <param name="spec">The rules.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>The state of a fresh key.</returns>
    public static KeyState Fresh(LimitSpec spec, Instant now)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Rules.Fresh(now);
    }

    /// <summary>Does one request on a key.</summary>
    /// <param name="spec">The spec that the state is under; replaced by the request's if that is newer, or of the same revision and changed
    /// the state.</param>
    /// <param name="state">The key's state; replaced by the state after the request.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="newLease">A fresh lease id, for an acquire under concurrency that names none itself; any other request ignores
    /// it.</param>
    /// <param name="now">The owner's clock, read once for this request.</param>
    /// <returns>The decision, with the key's spec if the request named an older one; or
    /// <see cref="EngineFault.RequestIdReused"/>.</returns>
    /// <exception cref="NotSupportedException">The algorithm has no such operation.</exception>
    public static EngineReply Execute(ref LimitSpec spec, ref KeyState state, in LimitRequest request, LeaseId newLease, Instant now)
    {
        Execute(ref spec, ref state, request, newLease, now, out var reply);
        return reply;
    }

    /// <summary>Does one request on a key, writing the reply in place.</summary>
    /// <param name="spec">The spec that the state is under; replaced by the request's if that is newer, or of the same revision and changed
    /// the state.</param>
    /// <param name="state">The key's state; replaced by the state after the request.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="newLease">A fresh lease id, for an acquire under concurrency that names none itself; any other request ignores
    /// it.</param>
    /// <param name="now">The owner's clock, read once for this request.</param>
    /// <param name="reply">As the other overload returns it.</param>
    /// <exception cref="NotSupportedException">The algorithm has no such operation.</exception>
    public static void Execute(
        ref LimitSpec spec, ref KeyState state, in LimitRequest request, LeaseId newLease, Instant now, out EngineReply reply)
    {
        ArgumentNullException.ThrowIfNull(spec);

        // The usual request: nothing to adopt, nothing to look up. Every algorithm has the first three operations.
        if (ReferenceEquals(request.Spec, spec) && request.Id.IsNone && request.Operation <= Operation.Peek && state.Rest?.Aside is null)
        {
            var lease = LeaseOf(request, newLease, spec);
            spec.Rules.Apply(ref state, now, request.Operation, request.Permits.Count, lease, out EngineReply.Room(out reply));
        }
        else
        {
            reply = ExecuteUnusual(ref spec, ref state, request, newLease, now);
        }
    }

    /// <summary>
    /// When forgetting the key changes no decision: it is as good as fresh and remembers no request id younger than 60 s.
    /// </summary>
    /// <param name="spec">The spec that the state is under.</param>
    /// <param name="state">The key's state.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>The instant, if nothing else happens; <paramref name="now"/> if it has come.</returns>
    public static Instant ForgettableAt(LimitSpec spec, in KeyState state, Instant now)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var whole = spec.Rules.WholeAt(state, now);
        if (state.Rest?.Aside is { } aside)
            whole = Instant.Max(whole, aside.Spec.Rules.WholeAt(aside.State, now));
        return state.Rest?.Answered is { } answered ? Instant.Max(whole, answered.KeptUntil) : whole;
    }

    /// <summary>The key's state as numbers and texts that can be stored. Changes nothing.</summary>
    /// <param name="spec">The spec that the state is under; to be stored beside the snapshot.</param>
    /// <param name="state">The key's state.</param>
    /// <returns>
    /// The snapshot: what is restored from it answers every request as the state would. But it holds no lease: what was out counts as used
    /// for good there, and its place stays empty until the last of it has ended, by the clock of whoever restores it.
    /// </returns>
    public static KeySnapshot Snapshot(LimitSpec spec, in KeyState state)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return SnapshotFormat.Write(spec.Rules.Closed(state), spec);
    }

    /// <summary>The state that a snapshot was made of.</summary>
    /// <param name="spec">The spec that the state was under.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="state">The state; not to be used if the snapshot is not one of such a spec.</param>
    /// <returns>Whether the snapshot is one of such a spec.</returns>
    public static bool TryRestore(LimitSpec spec, KeySnapshot snapshot, out KeyState state)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(snapshot);
        return SnapshotFormat.TryRead(snapshot, spec, out state);
    }

    /// <summary>
    /// One state out of two that the same key came to in two places that did not know of each other: the newer spec, of two contents of one
    /// revision the one in which what is used has room, the smaller number of permits, all places and all request ids (as many as are
    /// remembered) of both.
    /// </summary>
    /// <param name="spec">The spec that the state is under; replaced by the other if that is newer.</param>
    /// <param name="state">The key's state; replaced by the merged one.</param>
    /// <param name="otherSpec">The spec that the other state is under.</param>
    /// <param name="other">The other state, which is used up.</param>
    /// <param name="now">The owner's clock.</param>
    public static void MergeStricter(ref LimitSpec spec, ref KeyState state, LimitSpec otherSpec, KeyState other, Instant now)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(otherSpec);
        StateMerge.Stricter(ref spec, ref state, otherSpec, other, now);
    }

    private static EngineReply ExecuteUnusual(
        ref LimitSpec spec, ref KeyState state, in LimitRequest request, LeaseId newLease, Instant now)
    {
        // Before anything changes: a caller that keeps the state and its spec apart must not find one without the other.
        var caller = spec.Decides(request.Spec);
        if (!caller.Supports(request.Operation))
            throw new NotSupportedException($"{AlgorithmNames.NameOf(caller.Algorithm)} has no {request.Operation} operation.");
        var newer = spec.Version.IsNewerThan(request.Spec.Version) ? spec : null;
        if (request.Operation == Operation.Reset)
        {
            // The answer is a look at the fresh key: whatever cost the request names is not asked for.
            // What is out stays out, whoever holds it.
            var ledger = caller.Version == spec.Version ? state.Rest?.Lent : null;
            (spec, state) = (caller, ledger is null ? caller.Rules.Fresh(now) : caller.Rules.FreshBeside(ledger, now));
            spec.Rules.Apply(ref state, now, Operation.Peek, 0, default, out var fresh);
            return EngineReply.Decided(fresh, newer);
        }

        if (caller.Version.IsNewerThan(spec.Version))
        {
            state = PolicyChange.Adopt(spec, state, caller, now);
            spec = caller;
        }

        ContentConflict.DropWholeOtherKind(ref spec, ref state, caller, now);
        var lease = LeaseOf(request, newLease, caller);
        if (!request.Id.IsNone && request.Operation is not (Operation.Lease or Operation.Return))
            return Once(ref spec, ref state, caller, request, lease, now, newer);
        var permits = request.Permits.Count;
        ContentConflict.Apply(ref spec, ref state, caller, now, request.Operation, ref permits, lease, out var decision);
        return Decided(request.Operation, permits, decision, newer);
    }

    /// <summary>
    /// The place, turn or lease that a request names, be it one to free or one to give out; else the engine's name for a new place. A turn
    /// has no other name than its caller's, and none where the request has an id: an answer that is told again must not name a turn that
    /// was withdrawn.
    /// </summary>
    private static LeaseId LeaseOf(in LimitRequest request, LeaseId newLease, LimitSpec decides)
    {
        if (request.Operation is Operation.Release or Operation.Renew or Operation.Lease or Operation.Return)
            return request.Lease;
        if (!decides.Rules.CountsPlaces)
            return request.Id.IsNone ? request.Lease : default;
        return request.Lease.IsNone ? newLease : request.Lease;
    }

    /// <summary>
    /// Does a request under an id unless it was done before. An answer is told again only while it holds: not after a refund gave back what
    /// it charged, nor when the place that it gave out is free. A peek of what would be told again finds nothing to charge.
    /// </summary>
    private static EngineReply Once(
        ref LimitSpec spec, ref KeyState state, LimitSpec caller, in LimitRequest request, LeaseId lease, Instant now, LimitSpec? newer)
    {
        var permits = request.Permits.Count;
        var twin = request.Operation == Operation.Peek ? Operation.Acquire : request.Operation;
        var earlier = state.Rest?.Answered?.Last(request.Id.Value!, twin, now);
        if (earlier?.Operation == twin && IsHeld(state, earlier.Decision.Lease, now))
        {
            if (earlier.Permits != permits || (request.Operation == Operation.Release && earlier.Lease != lease))
                return EngineReply.Failed(EngineFault.RequestIdReused);
            if (request.Operation != Operation.Peek)
                return EngineReply.Repeated(
                    earlier.Decision.ToldAfter(Wait.OfMicroseconds(now.Microseconds - earlier.At.Microseconds)), newer);
            permits = 0;
        }

        // Gives back at most what the charge of that name took: nothing, if there was none, or if it took a place.
        if (request.Operation == Operation.Refund)
            permits = earlier?.Decision is { Lease.IsNone: true } charge ? Math.Min(permits, charge.Charged) : 0;

        ContentConflict.Apply(ref spec, ref state, caller, now, request.Operation, ref permits, lease, out var decision);
        if (request.Operation != Operation.Renew && ContentConflict.IsChange(request.Operation, permits, decision))
            state.RememberRequests().Remember(new(request.Id.Value!, request.Operation, request.Permits.Count, lease, decision, now));
        return Decided(request.Operation, permits, decision, newer);
    }

    /// <summary>Whether the place that an answer gave out is held; so are those of answers that gave out none.</summary>
    private static bool IsHeld(in KeyState state, LeaseId place, Instant now) =>
        place.IsNone
        || state.Rest?.Leases?.Holds(place, now.Microseconds) == true
        || state.Rest?.Aside?.State.Rest?.Leases?.Holds(place, now.Microseconds) == true;

    private static EngineReply Decided(Operation operation, long permits, in Decision decision, LimitSpec? newer) => operation switch
    {
        Operation.Refund => EngineReply.Corrected(decision, -permits, newer),
        Operation.Charge => EngineReply.Corrected(decision, permits, newer),
        _ => EngineReply.Decided(decision, newer),
    };
}
