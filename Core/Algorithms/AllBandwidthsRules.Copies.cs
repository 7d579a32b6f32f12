using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <content>
/// States that are under other rules: carried over for good, or copied for one request that names another content of the same revision. A
/// copy that was not charged is thrown away, and the state goes on under its own rules: so what is said of later times is said of copies
/// made then. </content>
internal sealed partial class AllBandwidthsRules<TAlgorithm, TSpec, TState>
{
    public override KeyState Adopt(KeyRules old, in KeyState state, Instant now)
    {
        if (old.CountsPlaces)
            return Fresh(now);
        var origin = new Origin(this, old, state, now);
        var key = default(KeyState);
        for (var i = 0; i < _specs.Length; i++)
            TAlgorithm.Store(Copy(origin, i), ref key, i, _specs.Length);
        return key;
    }

    public override bool Fits(KeyRules old, in KeyState state, Instant now)
    {
        var origin = new Origin(this, old, state, now);
        for (var i = 0; i < _specs.Length; i++)
        {
            if (origin.UsedFor(i) > _specs[i].Capacity)
                return false;
        }

        return true;
    }

    public override bool TryChangeCopy(
        KeyRules old, in KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out KeyState changed,
            out Decision decision)
    {
        var origin = new Origin(this, old, state, now);
        PerBandwidth<TState> copies = default, room = default;
        var adopted = ((Span<TState>)copies)[.._specs.Length];
        var settled = ((Span<TState>)room)[.._specs.Length];
        for (var i = 0; i < settled.Length; i++)
        {
            adopted[i] = Copy(origin, i);
            settled[i] = TAlgorithm.Settle(_specs[i], adopted[i], _specs[i].Tick.Floor(now));
        }

        var left = Remaining(settled, now);
        var asked = operation == Operation.AcquireUpTo ? Math.Min(permits, Math.Max(1, left)) : permits;
        changed = default;
        if (operation is Operation.Release or Operation.Lease or Operation.Return)
        {
            // A copy knows of no turn and of no lease: it counts what is used, not where. Nor does it lend.
            decision = AnswerUnchanged(origin, adopted, settled, now, Outcome.UnknownLease, 0);
            return false;
        }

        var isCorrection = operation is Operation.Refund or Operation.Charge;
        if (asked == 0 || operation == Operation.Peek || (!isCorrection && asked > left))
        {
            var outcome = asked > Capacity ? Outcome.CostAboveCapacity : asked > left ? Outcome.Limited : Outcome.Admitted;
            decision = AnswerUnchanged(origin, adopted, settled, now, outcome, asked);
            if (asked > 0 && outcome == Outcome.Admitted)
                decision = decision with { Delay = Delay(settled, now, asked) };
            return false;
        }

        if (isCorrection)
        {
            Correct(settled, now, operation, asked);
            Answer(settled, now, Outcome.Admitted, Wait.None, Wait.None, 0, out decision);
        }
        else
        {
            var delay = Delay(settled, now, asked);
            Take(settled, now, asked, lease);
            Answer(settled, now, Outcome.Admitted, Wait.None, delay, asked, out decision);
            NameTurn(ref decision, lease);
        }

        for (var i = 0; i < settled.Length; i++)
            TAlgorithm.Store(settled[i], ref changed, i, settled.Length);
        return true;
    }

    public override Wait UntilUsedIsAtMost(in KeyState state, Instant at, Instant now, long most)
    {
        var longest = Wait.None;
        for (var i = 0; i < _specs.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var settled = Settled(state, i, at);
            var ticks = spec.Tick.Floor(at);
            if (TAlgorithm.Used(spec, settled, ticks) > most)
                longest = Wait.Longer(longest, spec.Tick.Until(TAlgorithm.AdmitsAt(spec, settled, ticks, spec.Capacity - most), now));
        }

        return longest;
    }

    private TState Copy(in Origin origin, int index)
    {
        ref readonly var spec = ref _specs[index];
        return origin.PartnerOf(index, out var oldSpec, out var settled)
            ? TAlgorithm.Adopt(spec, oldSpec, settled, origin.At)
            : TAlgorithm.Carry(spec, Math.Min(origin.Largest, spec.Capacity), spec.Tick.Floor(origin.At));
    }

    /// <summary>
    /// What is answered where the state stays as it was, under its own rules: each wait is until a copy made then would do.
    /// </summary>
    private Decision AnswerUnchanged(
        in Origin origin, ReadOnlySpan<TState> adopted, ReadOnlySpan<TState> settled, Instant now, Outcome outcome, long asked)
    {
        var tightest = 0;
        var remaining = long.MaxValue;
        var (reset, retry) = (Wait.None, outcome == Outcome.CostAboveCapacity ? Wait.Never : Wait.None);
        for (var i = 0; i < settled.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            reset = Wait.Longer(reset, UntilCopyHas(origin, adopted[i], i, now, spec.Capacity));
            if (origin.PartnerOf(i, out var oldSpec, out var oldSettled))
                reset = Wait.Longer(reset, spec.Tick.Until(TAlgorithm.CopiesWholeFrom(spec, oldSpec, oldSettled), now));
            var left = TAlgorithm.Remaining(spec, settled[i], spec.Tick.Floor(now));
            if (outcome == Outcome.Limited && asked > left)
                retry = Wait.Longer(retry, UntilCopyHas(origin, adopted[i], i, now, asked));
            if (left >= remaining)
                continue;
            remaining = left;
            tightest = i;
        }

        var limit = _specs[tightest].Capacity;
        return new Decision
        {
            Outcome = outcome,
            Tightest = tightest,
            RetryAfter = retry,
            Remaining = remaining,
            Limit = limit,
            ResetAfter = reset,
            NextAfter = remaining < limit ? UntilCopyHas(origin, adopted[tightest], tightest, now, remaining + 1) : Wait.Never,
        };
    }

    private Wait UntilCopyHas(in Origin origin, in TState adopted, int index, Instant now, long permits)
    {
        ref readonly var spec = ref _specs[index];
        var (ticks, atTicks) = (spec.Tick.Floor(now), spec.Tick.Floor(origin.At));
        if (permits <= TAlgorithm.Remaining(spec, TAlgorithm.Settle(spec, adopted, atTicks), atTicks))
        {
            // No later than the latest time that the state has seen: until then every copy is this one.
            var settled = TAlgorithm.Settle(spec, adopted, ticks);
            return spec.Tick.Until(
                permits == spec.Capacity ? TAlgorithm.WholeAt(spec, settled, ticks) : TAlgorithm.AdmitsAt(spec, settled, ticks, permits),
                    now);
        }

        if (!origin.PartnerOf(index, out var oldSpec, out var oldSettled))
            return origin.Old.UntilUsedIsAtMost(origin.State, origin.At, now, spec.Capacity - permits);
        var (drainSpec, draining, counterpart) = TAlgorithm.Draining(spec, oldSpec, oldSettled, permits);
        return drainSpec.Tick.Until(TAlgorithm.AdmitsAt(drainSpec, draining, drainSpec.Tick.Floor(origin.At), counterpart), now);
    }

    /// <summary>A state under other rules, seen at an instant: now, or the latest that it proves to have seen.</summary>
    private readonly ref struct Origin
    {
        private readonly AllBandwidthsRules<TAlgorithm, TSpec, TState>? _same;
        private readonly PerBandwidth<int> _partners;
        private readonly ref readonly KeyState _state;

        public Origin(AllBandwidthsRules<TAlgorithm, TSpec, TState> rules, KeyRules old, in KeyState state, Instant now)
        {
            _state = ref state;
            Old = old;
            At = Instant.Max(now, old.LastSeen(state));
            Largest = old.LargestUsed(state, At);
            _same = old as AllBandwidthsRules<TAlgorithm, TSpec, TState>;
            var partners = ((Span<int>)_partners)[..rules._specs.Length];
            partners.Fill(-1);
            if (_same is not null)
                BandwidthMatch.Find(rules._specs, _same._specs, partners);
        }

        public KeyRules Old { get; }

        public Instant At { get; }

        public long Largest { get; }

        public ref readonly KeyState State => ref _state;

        /// <summary>The old bandwidth that a new one carries on, and its settled state; false where there is none.</summary>
        public bool PartnerOf(int index, out TSpec oldSpec, out TState settled)
        {
            var partner = _partners[index];
            (oldSpec, settled) = partner < 0 ? default : (_same!._specs[partner], _same.Settled(_state, partner, At));
            return partner >= 0;
        }

        /// <summary>How many permits a new bandwidth has to take over as used, however many it can hold.</summary>
        public long UsedFor(int index) => _partners[index] is var partner and >= 0 ? _same!.Used(_state, partner, At) : Largest;
    }
}
