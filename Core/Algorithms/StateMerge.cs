using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>One state out of two that a key came to in two places (<see cref="LimitKey.MergeStricter"/>).</summary>
internal static class StateMerge
{
    /// <summary>Merges the other state into the state. Both are used up.</summary>
    public static void Stricter(ref LimitSpec spec, ref KeyState state, LimitSpec otherSpec, KeyState other, Instant now)
    {
        var answered = (state.Rest?.Answered?.All ?? []).Concat(other.Rest?.Answered?.All ?? [])
            .DistinctBy(answer => (answer.Id, answer.Operation))
            .OrderBy(answer => answer.At)
            .ToList();
        if (otherSpec.Version.IsNewerThan(spec.Version))
            (spec, state) = (otherSpec, PolicyChange.Adopt(spec, state, otherSpec, now));
        else if (spec.Version.IsNewerThan(otherSpec.Version))
            (otherSpec, other) = (spec, PolicyChange.Adopt(otherSpec, other, spec, now));

        var countsPlaces = spec.Rules.CountsPlaces;
        var same = OfOneKind(Side(spec, state, countsPlaces), Side(otherSpec, other, countsPlaces), now)!;
        var aside = OfOneKind(Side(spec, state, !countsPlaces), Side(otherSpec, other, !countsPlaces), now);
        Strip(aside);
        Strip(same);
        (spec, state) = (same.Spec, same.State);
        if (aside is not null)
        {
            state.Rest ??= new KeyRest();
            state.Rest.Aside = aside;
        }

        foreach (var answer in answered)
            state.RememberRequests().Remember(answer);
    }

    private static KeyAside? Side(LimitSpec spec, in KeyState state, bool countsPlaces) =>
        spec.Rules.CountsPlaces == countsPlaces ? new KeyAside(spec, state) : state.Rest?.Aside;

    private static KeyAside? OfOneKind(KeyAside? one, KeyAside? other, Instant now)
    {
        if (one is null || other is null)
            return one ?? other;
        var (spec, state, otherState) = (one.Spec, one.State, other.State);
        if (spec.Version == other.Spec.Version || spec.Rules.Fits(other.Spec.Rules, otherState, now))
        {
            if (spec.Version != other.Spec.Version)
                otherState = spec.Rules.Adopt(other.Spec.Rules, otherState, now);
        }
        else
        {
            // Of two contents the one that can hold what is used under both; if neither can, the other is as good as this.
            (spec, state) = (other.Spec, other.Spec.Rules.Adopt(spec.Rules, state, now));
        }

        return new KeyAside(spec, spec.Rules.Stricter(state, otherState, now));
    }

    private static void Strip(KeyAside? side)
    {
        if (side?.State.Rest is { } rest)
            (rest.Answered, rest.Aside) = (null, null);
    }
}
