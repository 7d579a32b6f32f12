using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>A live key's state is carried over for good to a spec of a higher revision.</summary>
internal static class PolicyChange
{
    /// <summary>The state under the newer spec: what is used stays used, answered requests stay answered.</summary>
    public static KeyState Adopt(LimitSpec old, in KeyState lending, LimitSpec spec, Instant now)
    {
        var state = old.Rules.Closed(lending);

        // Permits and places start from the state of their own kind, where the key has one.
        var adopted = old.Rules.CountsPlaces != spec.Rules.CountsPlaces && state.Rest?.Aside is { } aside
            ? spec.Rules.Adopt(aside.Spec.Rules, aside.State, now)
            : spec.Rules.Adopt(old.Rules, state, now);

        // Where permits flow faster now, what is out must have its place all the same.
        if (lending.Rest?.Lent is { } ledger && ledger.LastEnd > now && spec.Rules.Lends)
        {
            adopted.SetLent(ledger);
            adopted = spec.Rules.Closed(adopted);
        }

        var answered = state.Rest?.Answered;
        if (adopted.Rest is null && answered is null)
            return adopted;
        adopted.Rest ??= new KeyRest();
        (adopted.Rest.Answered, adopted.Rest.Aside) = (answered, null);
        return adopted;
    }
}
