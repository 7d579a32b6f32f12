using System.Diagnostics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <content>
/// Keys that lend: permits that are out were debited, and their place stays empty until their lease is returned or ends. So what is left
/// and what is out are together never more than the capacity, and no window admits more than it would without leases.
/// </content>
internal sealed partial class AllBandwidthsRules<TAlgorithm, TSpec, TState>
{
    public override bool Lends => TAlgorithm.Lends;

    public override KeyState Closed(in KeyState state)
    {
        if (state.Rest?.Lent is not { } ledger)
            return state;
        var key = state.WithoutLent();
        for (var i = 0; i < _specs.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var closed = TAlgorithm.Closed(spec, TAlgorithm.Load(state, i), spec.Tick.Floor(ledger.LastEnd), OutOf(spec, ledger));
            TAlgorithm.Store(closed, ref key, i, _specs.Length);
        }

        return key;
    }

    public override KeyState FreshBeside(PermitLedger ledger, Instant now)
    {
        ledger = ledger.After(now);
        var key = Fresh(now);
        for (var i = 0; i < _specs.Length; i++)
            TAlgorithm.Store(SettledBeside(i, TAlgorithm.Load(key, i), ledger, now), ref key, i, _specs.Length);
        key.SetLent(ledger);
        return key;
    }

    private Instant WholeBesideAt(in KeyState state, Instant now)
    {
        PerBandwidth<TState> room = default;
        var settled = ((Span<TState>)room)[.._specs.Length];
        var ledger = SettleBeside(state, now, settled);
        var longest = Wait.None;
        for (var i = 0; i < settled.Length; i++)
            longest = Wait.Longer(longest, UntilWhole(i, settled[i], ledger, now));
        return now.After(longest);
    }

    private static long OutOf(in TSpec spec, PermitLedger ledger) => Math.Min(spec.Capacity, ledger.Out);

    private void ApplyBeside(
        ref KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out Decision decision)
    {
        PerBandwidth<TState> room = default;
        var settled = ((Span<TState>)room)[.._specs.Length];
        var ledger = SettleBeside(state, now, settled);
        if (operation == Operation.Return)
            Return(settled, ref ledger, now, permits, lease, out decision);
        else if (operation == Operation.Lease)
            Lend(settled, ref ledger, now, permits, state.Rest?.Aside is null ? lease : default, out decision);
        else if (operation is Operation.Refund or Operation.Charge)
            CorrectBeside(settled, ledger, now, operation, permits, out decision);
        else
            AcquireBeside(settled, ledger, now, operation, permits, out decision);

        Debug.Assert(IsKept(settled, ledger, now), "A key has more left and out than its capacity.");
        var isUnchanged = operation == Operation.Peek || decision.Outcome is Outcome.CostAboveCapacity or Outcome.UnknownLease
            || (permits == 0 && operation != Operation.Return && decision.Charged == 0);
        if (isUnchanged)
            return;
        for (var i = 0; i < settled.Length; i++)
            TAlgorithm.Store(settled[i], ref state, i, settled.Length);
        state.SetLent(ledger);
    }

    private void AcquireBeside(
        Span<TState> settled, PermitLedger ledger, Instant now, Operation operation, long permits, out Decision decision)
    {
        var left = Remaining(settled, now);
        var asked = operation == Operation.AcquireUpTo ? Math.Min(permits, Math.Max(1, left)) : permits;
        if (asked > Capacity)
        {
            decision = AnswerBeside(settled, ledger, now, Outcome.CostAboveCapacity, Wait.Never);
        }
        else if (asked > left)
        {
            decision = AnswerBeside(settled, ledger, now, Outcome.Limited, RetryAfterBeside(settled, ledger, now, asked));
        }
        else
        {
            var charged = operation == Operation.Peek ? 0 : asked;
            Take(settled, now, charged, default);
            decision = AnswerBeside(settled, ledger, now, Outcome.Admitted, Wait.None) with { Charged = charged };
        }
    }

    private void CorrectBeside(
        Span<TState> settled, PermitLedger ledger, Instant now, Operation operation, long permits, out Decision decision)
    {
        if (operation == Operation.Charge)
            Correct(settled, now, operation, permits);
        else
            GiveBackBeside(settled, ledger, now, permits);
        decision = AnswerBeside(settled, ledger, now, Outcome.Admitted, Wait.None);
    }

    /// <summary>Gives a lease out. One of that name that is out already was asked for twice: it is told again, and ends no later.</summary>
    private void Lend(Span<TState> settled, ref PermitLedger ledger, Instant now, long permits, LeaseId name, out Decision decision)
    {
        if (name.IsNone)
        {
            decision = AnswerBeside(settled, ledger, now, Outcome.UnknownLease, Wait.None);
            return;
        }

        var left = Remaining(settled, now);
        var asked = Math.Min(permits, Math.Max(1, left - left / 2));
        if (ledger.TryFind(name, out var known))
        {
            decision = AnswerBeside(settled, ledger, now, Outcome.Admitted, Wait.None) with { Charged = known.Permits, Lease = name };
        }
        else if (asked > left || (asked > 0 && ledger.IsFull))
        {
            var retry = asked > left ? RetryAfterBeside(settled, ledger, now, asked) : Wait.None;
            if (ledger.IsFull)
                retry = Wait.Longer(retry, Wait.OfMicroseconds(ledger.FirstEnd.Microseconds - now.Microseconds));
            decision = AnswerBeside(settled, ledger, now, Outcome.Limited, retry);
        }
        else
        {
            Take(settled, now, asked, default);
            if (asked > 0)
                ledger = ledger.With(new PermitLease(name, asked, EndOf(now)));
            decision = AnswerBeside(settled, ledger, now, Outcome.Admitted, Wait.None) with
            {
                Charged = asked,
                Lease = asked > 0 ? name : default,
            };
        }
    }

    /// <summary>Ends a lease. One that is not out, or has ended, counts as spent: nothing is given back.</summary>
    private void Return(Span<TState> settled, ref PermitLedger ledger, Instant now, long permits, LeaseId name, out Decision decision)
    {
        if (!ledger.TryFind(name, out var known))
        {
            decision = AnswerBeside(settled, ledger, now, Outcome.UnknownLease, Wait.None);
            return;
        }

        ledger = ledger.Without(name);
        GiveBackBeside(settled, ledger, now, Math.Min(permits, known.Permits));
        decision = AnswerBeside(settled, ledger, now, Outcome.Admitted, Wait.None);
    }

    /// <summary>Lives through the ends of leases up to an instant.</summary>
    /// <returns>What is out then.</returns>
    private PermitLedger SettleBeside(in KeyState state, Instant now, Span<TState> settled)
    {
        for (var i = 0; i < settled.Length; i++)
            settled[i] = TAlgorithm.Load(state, i);
        var ledger = state.Rest?.Lent ?? PermitLedger.Empty;
        for (; !ledger.IsEmpty && ledger.FirstEnd <= now; ledger = ledger.WithoutFirst())
        {
            for (var i = 0; i < settled.Length; i++)
                settled[i] = SettledBeside(i, settled[i], ledger, ledger.FirstEnd);
        }

        for (var i = 0; i < settled.Length; i++)
            settled[i] = SettledBeside(i, settled[i], ledger, now);
        return ledger;
    }

    private TState SettledBeside(int index, in TState state, PermitLedger ledger, Instant at)
    {
        ref readonly var spec = ref _specs[index];
        return TAlgorithm.SettleBeside(spec, state, spec.Tick.Floor(at), OutOf(spec, ledger));
    }

    private void GiveBackBeside(Span<TState> settled, PermitLedger ledger, Instant now, long permits)
    {
        for (var i = 0; i < settled.Length && permits > 0; i++)
        {
            ref readonly var spec = ref _specs[i];
            settled[i] = TAlgorithm.GiveBackBeside(spec, settled[i], spec.Tick.Floor(now), permits, OutOf(spec, ledger));
        }
    }

    /// <summary>When the owner's place for a lease that is given out now ends: where a tick of each bandwidth begins.</summary>
    private Instant EndOf(Instant now)
    {
        var coarsest = 1L;
        foreach (ref readonly var spec in _specs.AsSpan())
            coarsest = Math.Max(coarsest, spec.Tick.Microseconds);
        var end = now.After(PermitLease.OwnersLife).Microseconds;
        return new Instant((end + coarsest - 1) / coarsest * coarsest);
    }

    private Wait RetryAfterBeside(ReadOnlySpan<TState> settled, PermitLedger ledger, Instant now, long permits)
    {
        var longest = Wait.None;
        for (var i = 0; i < settled.Length; i++)
        {
            if (permits > TAlgorithm.Remaining(_specs[i], settled[i], _specs[i].Tick.Floor(now)))
                longest = Wait.Longer(longest, UntilHas(i, settled[i], ledger, now, permits));
        }

        return longest;
    }

    /// <summary>
    /// The wait until a bandwidth has so many permits left, more than now, if nothing else happens: while what is out leaves no room for
    /// them, leases have to end first.
    /// </summary>
    private Wait UntilHas(int index, TState settled, PermitLedger ledger, Instant now, long permits)
    {
        ref readonly var spec = ref _specs[index];
        for (; !ledger.IsEmpty && permits > spec.Capacity - OutOf(spec, ledger); ledger = ledger.WithoutFirst())
            settled = SettledBeside(index, settled, ledger, ledger.FirstEnd);
        return spec.Tick.Until(TAlgorithm.AdmitsAt(spec, settled, spec.Tick.Floor(now), permits), now);
    }

    /// <summary>The wait until a bandwidth is as good as fresh, and nothing is out.</summary>
    private Wait UntilWhole(int index, TState settled, PermitLedger ledger, Instant now)
    {
        ref readonly var spec = ref _specs[index];
        for (; !ledger.IsEmpty; ledger = ledger.WithoutFirst())
            settled = SettledBeside(index, settled, ledger, ledger.FirstEnd);
        return spec.Tick.Until(TAlgorithm.WholeAt(spec, settled, spec.Tick.Floor(now)), now);
    }

    private Decision AnswerBeside(ReadOnlySpan<TState> settled, PermitLedger ledger, Instant now, Outcome outcome, Wait retryAfter)
    {
        var tightest = 0;
        var remaining = long.MaxValue;
        var reset = Wait.None;
        for (var i = 0; i < settled.Length; i++)
        {
            reset = Wait.Longer(reset, UntilWhole(i, settled[i], ledger, now));
            var left = TAlgorithm.Remaining(_specs[i], settled[i], _specs[i].Tick.Floor(now));
            if (left < remaining)
                (remaining, tightest) = (left, i);
        }

        var limit = _specs[tightest].Capacity;
        return new Decision
        {
            Outcome = outcome,
            Tightest = tightest,
            RetryAfter = retryAfter,
            Remaining = remaining,
            Limit = limit,
            ResetAfter = reset,
            NextAfter = remaining < limit ? UntilHas(tightest, settled[tightest], ledger, now, remaining + 1) : Wait.Never,
        };
    }

    private bool IsKept(ReadOnlySpan<TState> settled, PermitLedger ledger, Instant now)
    {
        for (var i = 0; i < settled.Length; i++)
        {
            ref readonly var spec = ref _specs[i];
            var left = TAlgorithm.Remaining(spec, settled[i], spec.Tick.Floor(now));
            if (!LeaseInvariant.Holds(left, OutOf(spec, ledger), 0, spec.Capacity))
                return false;
        }

        return true;
    }
}
