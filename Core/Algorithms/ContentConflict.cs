using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// A request that names another content than the state is under, at the same revision: configuration was changed, and front ends are
/// restarted one by one. The caller's content decides, on a copy that is kept only if it was charged, refunded, released from or renewed.
/// Permits and places do not turn into one another: a key that has been asked about both keeps a state of each kind, so that contents
/// taking turns give nothing away.
/// </summary>
internal static class ContentConflict
{
    /// <summary>Does one operation, be there a conflict or not, and stores what it changed.</summary>
    /// <param name="spec">The spec that the state is under; replaced by the caller's if that changed the state.</param>
    /// <param name="state">The key's state.</param>
    /// <param name="caller">The caller's spec: of the same revision.</param>
    /// <param name="now">The owner's clock.</param>
    /// <param name="operation">What is asked; not a reset.</param>
    /// <param name="permits">How many permits; replaced by none where nothing can be given back.</param>
    /// <param name="lease">The place to give out or to free.</param>
    /// <param name="decision">What was decided.</param>
    public static void Apply(
        ref LimitSpec spec,
        ref KeyState state,
        LimitSpec caller,
        Instant now,
        Operation operation,
        ref long permits,
        LeaseId lease,
        out Decision decision)
    {
        if (caller.Version == spec.Version)
        {
            spec.Rules.Apply(ref state, now, operation, permits, lease, out decision);
            return;
        }

        // Another content knows nothing of what is out, and does not see it again once it has changed the state.
        var closed = spec.Rules.Closed(state);
        if (caller.Rules.CountsPlaces != spec.Rules.CountsPlaces)
        {
            var aside = state.Rest?.Aside;
            var (otherSpec, other) = aside is null ? (caller, caller.Rules.Fresh(now)) : (aside.Spec, aside.State);
            Apply(ref otherSpec, ref other, caller, now, operation, ref permits, lease, out decision);
            if (IsChange(operation, permits, decision))
            {
                state = closed;
                TurnTo(otherSpec, other, ref spec, ref state);
            }
            else if (aside is not null)
                aside.State = other;
            return;
        }

        if (operation is Operation.Refund or Operation.Charge && permits > 0 && !caller.Rules.Fits(spec.Rules, closed, now))
        {
            // A copy is clamped to what the caller's content can hold, and would forget the rest: what is given back or owed is counted
            // under the content that the state is under, and answered under it. Where that takes nothing back, nothing is.
            if (spec.Supports(operation))
            {
                spec.Rules.Apply(ref state, now, operation, permits, default, out decision);
                return;
            }

            permits = 0;
        }

        if (caller.Rules.TryChangeCopy(spec.Rules, closed, now, operation, permits, lease, out var changed, out decision))
            (spec, state) = (caller, WithRestOf(closed, changed));
    }

    /// <summary>Drops the state that is not of the caller's kind, if it is as good as fresh.</summary>
    public static void DropWholeOtherKind(ref LimitSpec spec, ref KeyState state, LimitSpec caller, Instant now)
    {
        if (state.Rest is not { Aside: { } aside } rest)
            return;
        if (caller.Rules.CountsPlaces == spec.Rules.CountsPlaces)
        {
            if (IsWhole(aside.Spec, aside.State, now))
                rest.Aside = null;
        }
        else if (IsWhole(spec, state, now))
        {
            rest.Aside = null;
            (spec, state) = (aside.Spec, With(aside.State, rest.Answered, null));
        }
    }

    /// <summary>
    /// Whether an operation changed what a key holds for its callers: such a request, but for a renewal, is remembered under its id.
    /// </summary>
    public static bool IsChange(Operation operation, long permits, in Decision decision) => operation switch
    {
        Operation.Acquire or Operation.AcquireUpTo or Operation.Lease => decision.Charged > 0,
        Operation.Release or Operation.Renew or Operation.Return => decision.IsAdmitted,
        Operation.Refund or Operation.Charge => permits > 0,
        _ => false,
    };

    /// <summary>Leaves the state aside, and has the key go on with the one of the other kind.</summary>
    private static void TurnTo(LimitSpec otherSpec, in KeyState other, ref LimitSpec spec, ref KeyState state)
    {
        var answered = state.Rest?.Answered;
        var left = new KeyAside(spec, state);
        if (state.Rest is { } rest)
            (rest.Answered, rest.Aside) = (null, null);
        (spec, state) = (otherSpec, With(other, answered, left));
    }

    // At the last instant that there is, what ends after it ends then too: nothing is known to be whole.
    private static bool IsWhole(LimitSpec spec, in KeyState state, Instant now) =>
        now.Microseconds < Instant.MaxMicroseconds && spec.Rules.WholeAt(state, now) <= now;

    private static KeyState WithRestOf(in KeyState state, in KeyState changed) => With(changed, state.Rest?.Answered, state.Rest?.Aside);

    private static KeyState With(KeyState state, AnsweredRequests? answered, KeyAside? aside)
    {
        if (state.Rest is null && answered is null && aside is null)
            return state;
        state.Rest ??= new KeyRest();
        (state.Rest.Answered, state.Rest.Aside) = (answered, aside);
        return state;
    }
}
