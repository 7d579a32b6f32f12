using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.PermitLeases;

/// <summary>
/// Sees both sides of the wire. Each permit that is spent is charged, at that instant, to a plain key of the same rules that knows nothing
/// of leases: it must have it. And in every window what was spent, what the owner has left and what holders may still spend are no more
/// than the row of docs/accuracy.md, with one capacity and what was out for each crash or second owner.
/// </summary>
internal sealed class LeaseAudit(LimitSpec spec, Instant start)
{
    private readonly List<(Instant At, long Permits)> _spent = [];
    private readonly List<Term> _terms = [];
    private readonly HashSet<LeaseId> _orphaned = [];
    private readonly HashSet<LeaseId> _givenAgain = [];
    private Dictionary<LeaseId, long> _held = [];
    private SimulatedOwner _plain = new(spec, start);
    private LimitSpec _largest = spec;
    private int _first;
    private long _inWindow;
    private long _besides;
    private Instant _besidesEnd;

    private long Window => _largest.Bandwidths[0].WindowMicroseconds;

    /// <summary>A request was admitted.</summary>
    /// <param name="permits">How many permits it cost.</param>
    /// <param name="lease">The lease that they were taken from; none: the owner decided.</param>
    /// <param name="now">When.</param>
    public void Spend(long permits, LeaseId lease, Instant now)
    {
        _spent.Add((now, permits));
        _inWindow += permits;
        if (_givenAgain.Contains(lease) && now < _besidesEnd)
        {
            var orphans = Math.Min(permits, Math.Min(_besides, _held.GetValueOrDefault(lease)));
            _held[lease] = _held.GetValueOrDefault(lease) - orphans;
            (_besides, permits) = (_besides - orphans, permits - orphans);
            if (permits == 0)
                return;
        }

        var isOrphan = _orphaned.Contains(lease);
        if (!isOrphan && _plain.Execute(_plain.Spec, Operation.Acquire, permits, default, now).Decision.IsAdmitted)
            return;
        var rest = permits;
        if (!isOrphan)
            rest -= _plain.Execute(_plain.Spec, Operation.AcquireUpTo, permits, default, now).Decision.Charged;
        if (now >= _besidesEnd || rest > _besides)
            throw new LeaseViolationException($"{permits} were spent at {now.Microseconds}, {rest} more than a plain key has.");
        _besides -= rest;
    }

    /// <summary>An owner gave a lease out. One that an owner before it had given out may be held for either.</summary>
    public void Give(LeaseId lease)
    {
        if (_orphaned.Remove(lease))
            _givenAgain.Add(lease);
    }

    /// <summary>Permits were given back.</summary>
    public void Refund(long permits, Instant now)
    {
        _spent.Add((now, -permits));
        _inWindow -= permits;
        _plain.Execute(_plain.Spec, Operation.Refund, permits, default, now);
    }

    /// <summary>The invariant, at one instant.</summary>
    /// <param name="level">What all owners have left.</param>
    /// <param name="held">What holders may still spend, what is on its way to them included.</param>
    /// <param name="now">The instant.</param>
    public void Check(long level, long held, Instant now)
    {
        var plain = _plain.LevelAt(now) + (now < _besidesEnd ? _besides : 0);
        if (!LeaseInvariant.Holds(level, held, 0, plain))
            throw new LeaseViolationException($"{level} are left and {held} out at {now.Microseconds}: a plain key has {plain}.");
        for (; _first < _spent.Count && _spent[_first].At.Microseconds <= now.Microseconds - Window; _first++)
            _inWindow -= _spent[_first].Permits;
        var most = AccuracyTable.RowOf(_largest);
        foreach (var term in _terms)
        {
            var since = now.Microseconds - term.At.Microseconds;
            most += since <= Window ? term.Capacity : 0;
            most += since <= Window + PermitLease.OwnersLife.Microseconds ? term.Out : 0;
        }

        if (!LeaseInvariant.Holds(level, held, Math.Max(0, _inWindow), most))
            throw new LeaseViolationException($"{_inWindow} in a window, {level} left and {held} out at {now.Microseconds}: above {most}.");
    }

    /// <summary>The owner forgot what it did since it was stored: at most one capacity, and what was out.</summary>
    /// <param name="restored">What it is now.</param>
    /// <param name="leases">All leases that were given out until now.</param>
    /// <param name="held">What of them may still be spent.</param>
    /// <param name="now">When.</param>
    public void Crash(SimulatedOwner restored, IEnumerable<LeaseId> leases, Dictionary<LeaseId, long> held, Instant now)
    {
        _terms.Add(new Term(now, restored.Spec.Capacity, held.Values.Sum()));
        GoOnAs(restored.Copy(), leases, held, now);
    }

    /// <summary>The policy changed: what is out counts as used, and its holders go on for a moment.</summary>
    public void Change(SimulatedOwner adopted, IEnumerable<LeaseId> leases, Dictionary<LeaseId, long> held, Instant now)
    {
        if (adopted.Spec.Capacity > _largest.Capacity)
            _largest = adopted.Spec;
        GoOnAs(adopted.Copy(), leases, held, now);
    }

    /// <summary>Another owner counts beside the first, for so long: one capacity, and what flows to it meanwhile.</summary>
    public void TwoOwners(SimulatedOwner second, long level, long held, Wait most, Instant now)
    {
        var bandwidth = second.Spec.Bandwidths[0];
        var flow = most.Microseconds * bandwidth.Limit / bandwidth.WindowMicroseconds + 1;
        _terms.Add(new Term(now, second.Spec.Capacity + flow, held));
        _plain = new SimulatedOwner(second.Spec, now);
        _orphaned.Clear();
        Beside(second.LevelAt(now) + level + held + flow, now);
    }

    /// <summary>Two owners are one again: there is nothing left of the other's capacity.</summary>
    /// <param name="merged">What they are now.</param>
    /// <param name="leases">All leases that were given out until now.</param>
    /// <param name="unknown">What may still be spent of leases that are not in its ledger.</param>
    /// <param name="now">When.</param>
    public void Merge(SimulatedOwner merged, IEnumerable<LeaseId> leases, long unknown, Instant now)
    {
        var (level, lent, capacity) = (merged.LevelAt(now), merged.Ledger.Out, merged.Spec.Capacity);
        if (!LeaseInvariant.Holds(level, lent, 0, Math.Max(capacity, lent)))
            throw new LeaseViolationException($"{level} are left and {lent} out after a merge at {now.Microseconds}.");
        _plain = new SimulatedOwner(merged.Spec, now);
        // One more, for the fraction of a permit that a level does not show.
        _plain.Execute(merged.Spec, Operation.Charge, Math.Max(0, capacity - level - lent - 1), default, now);
        // Every window that touches the time in which there were two; what both have given out beside each other for a while longer.
        var beside = Math.Max(0, level + lent - capacity) + unknown;
        _terms[^1] = _terms[^1] with { At = now, Out = Math.Max(_terms[^1].Out, beside) };
        Orphan(leases, merged.Ledger);
        Beside(beside, now);
    }

    /// <summary>A reset makes a new key, beside what its ledger knows to be out; of what was closed before, it knows nothing.</summary>
    /// <param name="reset">What it is under.</param>
    /// <param name="leases">All leases that were given out until now.</param>
    /// <param name="known">Its ledger before.</param>
    /// <param name="unknown">What may still be spent of leases that are not in that.</param>
    /// <param name="now">When.</param>
    public void Reset(LimitSpec reset, IEnumerable<LeaseId> leases, PermitLedger known, long unknown, Instant now)
    {
        _terms.Clear();
        (_first, _inWindow) = (_spent.Count, 0);
        _plain = new SimulatedOwner(reset, now);

        // Two owners that did not know of each other may have given out more than a key has.
        var beside = unknown + Math.Max(0, known.Out - reset.Capacity);
        _terms.Add(new Term(now, 0, beside));
        Orphan(leases, known);
        Beside(beside, now);
    }

    private void Orphan(IEnumerable<LeaseId> leases, PermitLedger ledger)
    {
        _orphaned.Clear();
        _orphaned.UnionWith(leases);
        foreach (var known in ledger.Leases)
            _orphaned.Remove(known.Id);
    }

    private void GoOnAs(SimulatedOwner plain, IEnumerable<LeaseId> leases, Dictionary<LeaseId, long> held, Instant now)
    {
        _plain = plain;
        _orphaned.UnionWith(leases);
        Beside(held.Values.Sum(), now);
        _held = held;
    }

    private void Beside(long permits, Instant now)
    {
        _givenAgain.Clear();
        _held = [];
        (_besides, _besidesEnd) = (permits, now.After(Wait.OfMicroseconds(1_200_000)));
    }

    private readonly record struct Term(Instant At, long Capacity, long Out);
}

/// <summary>More was spent, or could be, than a key of the policy has.</summary>
internal sealed class LeaseViolationException(string message) : Exception(message);
