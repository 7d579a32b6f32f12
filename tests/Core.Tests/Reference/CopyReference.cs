using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>
/// A request under another content of the same revision, as the rules describe it: decided on a copy that is carried over now; where that
/// is not kept, every wait is found by carrying the state over at later times and looking.
/// </summary>
internal static class CopyReference
{
    /// <summary>Decides, and gives out the copy if it is the key's state from now on.</summary>
    public static (Decision Decision, RulesReference? Changed) Apply(
        RulesReference state, LimitSpec old, LimitSpec spec, Operation operation, long permits, LeaseId lease, Int128 now)
    {
        var copy = state.Copy().Adopt(old, spec, now);
        var decision = copy.Apply(operation, permits, lease, now);
        if (KeyReference.IsChange(operation, permits, decision))
            return (decision, copy);

        // Places are the same under every content.
        if (spec.Algorithm == Algorithm.Concurrency)
            return (decision, null);
        var asked = operation == Operation.AcquireUpTo ? Math.Min(permits, 1) : permits;
        var (tightest, remaining) = CopyAt(0).LeastAt(now);
        return (decision with
        {
            RetryAfter = decision.Outcome == Outcome.Limited
                ? Search.Least(wait => asked <= CopyAt(wait).LeastAt(now + wait).Remaining)
                : decision.RetryAfter,
            ResetAfter = Search.Least(wait => CopyAt(wait).IsWholeAt(now + wait)),
            NextAfter = remaining == spec.Bandwidths[tightest].Capacity
                ? Wait.Never
                : Search.Least(wait => CopyAt(wait).RemainingAt(tightest, now + wait) > remaining),
        }, null);

        TogetherReference CopyAt(Int128 wait) => (TogetherReference)state.Copy().Adopt(old, spec, now + wait);
    }
}
