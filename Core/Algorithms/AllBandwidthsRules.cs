using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// How one to eight bandwidths of an algorithm decide together: all admit and are charged, or none is. What a peek, a
/// refund, a charge and an answer are is written here, once for every algorithm.
/// </summary>
internal sealed partial class AllBandwidthsRules<TAlgorithm, TSpec, TState> : KeyRules
    where TAlgorithm : struct, IBandwidthAlgorithm<TSpec, TState>
    where TSpec : struct, IBandwidthSpec
    where TState : struct
{
    private readonly TSpec[] _specs;

    private AllBandwidthsRules(TSpec[] specs)
    {
        _specs = specs;
        Capacity = specs.Min(spec => spec.Capacity);
    }

    public override bool CountsPlaces => false;

    public override long Capacity { get; }

    /// <summary>Compiles the bandwidths, or names the first that the algorithm cannot do.</summary>
    public static bool TryCompile(
        IReadOnlyList<Bandwidth> bandwidths,
        [NotNullWhen(true)] out KeyRules? rules,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        var specs = new TSpec[bandwidths.Count];
        rules = null;
        for (var i = 0; i < specs.Length; i++)
        {
            if (TAlgorithm.TryCompile(bandwidths[i], out specs[i], out error))
                continue;
            error = error.Within(string.Create(CultureInfo.InvariantCulture, $"bandwidths[{i}]"));
            return false;
        }

        error = null;
        rules = new AllBandwidthsRules<TAlgorithm, TSpec, TState>(specs);
        return true;
    }

    public override KeyState Fresh(Instant now)
    {
        var key = default(KeyState);
        for (var i = 0; i < _specs.Length; i++)
            TAlgorithm.Store(TAlgorithm.Fresh(_specs[i], _specs[i].Tick.Floor(now)), ref key, i, _specs.Length);
        return key;
    }

    public override bool Supports(Operation operation) => operation switch
    {
        Operation.Release => TAlgorithm.HasTurns,
        Operation.Renew => false,
        Operation.Lease or Operation.Return => TAlgorithm.Lends,
        Operation.Refund => TAlgorithm.IsRefundable,
        _ => true,
    };

    public override void Apply(ref KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out Decision decision)
    {
        if (TAlgorithm.Lends && (state.Rest?.Lent is not null || operation is Operation.Lease or Operation.Return))
        {
            ApplyBeside(ref state, now, operation, permits, lease, out decision);
            return;
        }

        // The usual spec: one bandwidth, on the stack as one value instead of eight.
        if (_specs.Length == 1)
        {
            var one = TAlgorithm.Settle(_specs[0], TAlgorithm.Load(state, 0), _specs[0].Tick.Floor(now));
            Apply(ref state, now, operation, permits, lease, new Span<TState>(ref one), out decision);
            return;
        }

        var all = default(PerBandwidth<TState>);
        Span<TState> settled = ((Span<TState>)all)[.._specs.Length];
        for (var i = 0; i < settled.Length; i++)
            settled[i] = TAlgorithm.Settle(_specs[i], TAlgorithm.Load(state, i), _specs[i].Tick.Floor(now));
        Apply(ref state, now, operation, permits, lease, settled, out decision);
    }

    public override Instant WholeAt(in KeyState state, Instant now)
    {

        // Another content sees a state that is closed: forgetting the key must not show there either.
        if (state.Rest?.Lent is not null)
            return Instant.Max(WholeBesideAt(state, now), WholeAt(Closed(state), now));
        var longest = Wait.None;
        for (var i = 0; i < _specs.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var ticks = spec.Tick.Floor(now);
            var settled = TAlgorithm.Settle(spec, TAlgorithm.Load(state, i), ticks);
            longest = Wait.Longer(longest, spec.Tick.Until(TAlgorithm.WholeAt(spec, settled, ticks), now));
        }

        return now.After(longest);
    }

    public override Instant LastSeen(in KeyState state)
    {
        var latest = default(Instant);
        for (var i = 0; i < _specs.Length; i++)
        {
            var seen = _specs[i].Tick.Until(TAlgorithm.LastSeen(_specs[i], TAlgorithm.Load(state, i)), default);
            latest = Instant.Max(latest, default(Instant).After(seen));
        }

        return latest;
    }

    public override long LargestUsed(in KeyState state, Instant now)
    {
        var largest = 0L;
        for (var i = 0; i < _specs.Length; i++)
            largest = Math.Max(largest, Used(state, i, now));
        return largest;
    }

    public override KeyState Stricter(in KeyState one, in KeyState other, Instant now)
    {
        var at = Instant.Max(now, Instant.Max(LastSeen(one), LastSeen(other)));
        var key = default(KeyState);

        // What either has given out is out, and leaves no room.
        var lent = (one.Rest?.Lent ?? PermitLedger.Empty).Union(other.Rest?.Lent ?? PermitLedger.Empty);
        for (var i = 0; i < _specs.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var ticks = spec.Tick.Floor(at);

            // What the one place has free, the other may have given to somebody.
            var (a, b) = (TAlgorithm.WithoutTurns(Settled(one, i, at)), TAlgorithm.WithoutTurns(Settled(other, i, at)));
            var (left, otherLeft) = (TAlgorithm.Remaining(spec, a, ticks), TAlgorithm.Remaining(spec, b, ticks));

            // As many whole permits in both: the fraction shows in when each is whole again.
            var takesOne = left != otherLeft ? left < otherLeft : TAlgorithm.WholeAt(spec, a, ticks) >= TAlgorithm.WholeAt(spec, b, ticks);
            var stricter = takesOne ? a : b;
            TAlgorithm.Store(lent.IsEmpty ? stricter : SettledBeside(i, stricter, lent, at), ref key, i, _specs.Length);
        }

        key.SetLent(lent);
        return key;
    }

    private TState Settled(in KeyState state, int index, Instant now) =>
        TAlgorithm.Settle(_specs[index], TAlgorithm.Load(state, index), _specs[index].Tick.Floor(now));

    private long Used(in KeyState state, int index, Instant now) =>
        TAlgorithm.Used(_specs[index], Settled(state, index, now), _specs[index].Tick.Floor(now));

    private void Apply(
        ref KeyState state, Instant now, Operation operation, long permits, LeaseId lease, Span<TState> settled, out Decision decision)
    {
        switch (operation)
        {
            case Operation.Acquire or Operation.AcquireUpTo or Operation.Peek:
                var outcome = Acquire(settled, now, operation, ref permits, lease, out var delay);
                Describe(settled, now, outcome, permits, Charged(outcome, operation, permits), delay, out decision);
                NameTurn(ref decision, lease);
                break;
            case Operation.Release:
                Withdraw(ref state, settled, now, lease, out decision);
                return;
            default:
                Correct(settled, now, operation, permits);
                Answer(settled, now, Outcome.Admitted, Wait.None, Wait.None, 0, out decision);
                break;
        }

        if (!Stores(decision.Outcome, operation, permits))
            return;
        for (var i = 0; i < settled.Length; i++)
            TAlgorithm.Store(settled[i], ref state, i, settled.Length);
    }

    /// <summary>Whether the settled state is stored. After a peek, and after what can never be, not even the time seen is.</summary>
    private static bool Stores(Outcome outcome, Operation operation, long permits) =>
        permits != 0 && operation != Operation.Peek && outcome != Outcome.CostAboveCapacity;

    private static long Charged(Outcome outcome, Operation operation, long permits) =>
        outcome == Outcome.Admitted && operation != Operation.Peek ? permits : 0;

    /// <summary>Withdraws a turn. A name of which nothing is known changes nothing, not even the time seen.</summary>
    private void Withdraw(ref KeyState state, Span<TState> settled, Instant now, LeaseId lease, out Decision decision)
    {
        // An algorithm that has turns has one bandwidth.
        var isKnown = TAlgorithm.TryWithdraw(_specs[0], settled[0], lease, out var without);
        if (isKnown)
        {
            settled[0] = without;
            TAlgorithm.Store(without, ref state, 0, 1);
        }

        Answer(settled, now, isKnown ? Outcome.Admitted : Outcome.UnknownLease, Wait.None, Wait.None, 0, out decision);
    }

    /// <summary>Takes the permits if they are there, and says so; of a peek only the latter.</summary>
    /// <param name="settled">The bandwidths' states; replaced by those after the operation.</param>
    /// <param name="now">The owner's clock.</param>
    /// <param name="operation">An acquire or a peek.</param>
    /// <param name="permits">How many; replaced by how many were asked for where as many as there are will do.</param>
    /// <param name="lease">The name of the turn; none: it has none.</param>
    /// <param name="delay">How long who was admitted waits for its turn.</param>
    private Outcome Acquire(Span<TState> settled, Instant now, Operation operation, ref long permits, LeaseId lease, out Wait delay)
    {
        delay = Wait.None;
        var left = Remaining(settled, now);
        if (operation == Operation.AcquireUpTo)
            permits = Math.Min(permits, Math.Max(1, left));
        if (permits > Capacity)
            return Outcome.CostAboveCapacity;
        if (permits > left)
            return Outcome.Limited;
        if (permits > 0)
            delay = Delay(settled, now, permits);
        if (operation != Operation.Peek)
            Take(settled, now, permits, lease);
        return Outcome.Admitted;
    }

    /// <summary>The answer to an acquire or a peek, of the states after it.</summary>
    private void Describe(
        ReadOnlySpan<TState> settled, Instant now, Outcome outcome, long permits, long charged, Wait delay, out Decision decision)
    {
        var retryAfter = outcome switch
        {
            Outcome.CostAboveCapacity => Wait.Never,
            Outcome.Limited => RetryAfter(settled, now, permits),
            _ => Wait.None,
        };
        Answer(settled, now, outcome, retryAfter, delay, charged, out decision);
    }

    /// <summary>Adds the name of the turn, where there is one to wait for.</summary>
    private static void NameTurn(ref Decision decision, LeaseId lease)
    {
        if (TAlgorithm.HasTurns && decision.Charged > 0 && decision.Delay != Wait.None)
            decision = decision with { Lease = lease };
    }

    /// <summary>A refund or a charge: what moves permits without asking.</summary>
    private void Correct(Span<TState> settled, Instant now, Operation operation, long permits)
    {
        for (var i = 0; i < settled.Length && permits > 0; i++)
        {
            ref readonly var spec = ref _specs[i];
            if (operation == Operation.Refund)
                settled[i] = TAlgorithm.GiveBack(spec, settled[i], spec.Tick.Floor(now), permits);
            else if (operation == Operation.Charge)
                settled[i] = TAlgorithm.Charge(spec, settled[i], spec.Tick.Floor(now), permits);
        }
    }

    private Wait Delay(ReadOnlySpan<TState> settled, Instant now, long permits)
    {
        var delay = Wait.None;
        for (var i = 0; i < settled.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            delay = Wait.Longer(delay, spec.Tick.Until(TAlgorithm.ProceedsAt(spec, settled[i], spec.Tick.Floor(now), permits), now));
        }

        return delay;
    }

    private void Take(Span<TState> settled, Instant now, long permits, LeaseId lease)
    {
        for (var i = 0; i < settled.Length && permits > 0; i++)
        {
            settled[i] = TAlgorithm.HasTurns && !lease.IsNone
                ? TAlgorithm.TakeTurn(_specs[i], settled[i], _specs[i].Tick.Floor(now), permits, lease)
                : TAlgorithm.Take(_specs[i], settled[i], _specs[i].Tick.Floor(now), permits);
        }
    }

    private long Remaining(ReadOnlySpan<TState> settled, Instant now)
    {
        var smallest = long.MaxValue;
        for (var i = 0; i < settled.Length; i++)
            smallest = Math.Min(smallest, TAlgorithm.Remaining(_specs[i], settled[i], _specs[i].Tick.Floor(now)));
        return smallest;
    }

    private Wait RetryAfter(ReadOnlySpan<TState> settled, Instant now, long permits)
    {
        var longest = Wait.None;
        for (var i = 0; i < settled.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var ticks = spec.Tick.Floor(now);
            if (permits > TAlgorithm.Remaining(spec, settled[i], ticks))
                longest = Wait.Longer(longest, spec.Tick.Until(TAlgorithm.AdmitsAt(spec, settled[i], ticks, permits), now));
        }

        return longest;
    }

    private void Answer(
        ReadOnlySpan<TState> settled, Instant now, Outcome outcome, Wait retryAfter, Wait delay, long charged, out Decision decision)
    {
        var tightest = 0;
        var remaining = long.MaxValue;
        var reset = Wait.None;
        for (var i = 0; i < settled.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var ticks = spec.Tick.Floor(now);
            reset = Wait.Longer(reset, spec.Tick.Until(TAlgorithm.WholeAt(spec, settled[i], ticks), now));
            var left = TAlgorithm.Remaining(spec, settled[i], ticks);
            if (left >= remaining)
                continue;
            remaining = left;
            tightest = i;
        }

        ref readonly var tight = ref _specs[tightest];
        decision = new Decision
        {
            Outcome = outcome,
            Tightest = tightest,
            Charged = charged,
            RetryAfter = retryAfter,
            Delay = delay,
            Remaining = remaining,
            Limit = tight.Capacity,
            ResetAfter = reset,
            NextAfter = remaining < tight.Capacity
                ? tight.Tick.Until(TAlgorithm.AdmitsAt(tight, settled[tightest], tight.Tick.Floor(now), remaining + 1), now)
                : Wait.Never,
        };
    }
}
