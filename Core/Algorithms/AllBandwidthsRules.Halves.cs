using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <content>
/// An operation in two halves, of which only the first needs the key: while many wait for one key, nobody waits for another's answer to be
/// worked out.
/// </content>
internal sealed partial class AllBandwidthsRules<TAlgorithm, TSpec, TState>
{
    public override bool TryDecide(ref StateCells numbers, Instant now, Operation operation, long permits, out Verdict verdict)
    {
        if (!TAlgorithm.IsNumeric || _specs.Length != 1 || operation > Operation.Peek)
        {
            verdict = default;
            return false;
        }

        var state = new KeyState { First = numbers };
        var one = TAlgorithm.Settle(_specs[0], TAlgorithm.Load(state, 0), _specs[0].Tick.Floor(now));
        var outcome = Acquire(new Span<TState>(ref one), now, operation, ref permits, default, out var delay);
        TAlgorithm.Store(one, ref state, 0, 1);
        if (Stores(outcome, operation, permits))
            numbers = state.First;
        verdict = new Verdict(state.First, outcome, permits, Charged(outcome, operation, permits), delay);
        return true;
    }

    public override void Describe(in Verdict verdict, Instant now, out Decision decision)
    {
        var one = TAlgorithm.Load(new KeyState { First = verdict.Settled }, 0);
        Describe(new ReadOnlySpan<TState>(ref one), now, verdict.Outcome, verdict.Permits, verdict.Charged, verdict.Delay, out decision);
    }
}
