using System.Diagnostics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>
/// What one front end holds of one key: permits that the owner gave it in advance, for the content that it gave them under. It decides with
/// them alone, says when to ask for more, and what to send back. It sends nothing itself, and has no clock. Safe for use by many threads.
/// </summary>
/// <remarks>
/// A permit is spent once, by whoever takes it under the lock, and never after it was sent back or after its lease stops: counted from
/// before it was asked for, and a tenth sooner than the owner gives its place away (<see cref="PermitLease.HoldersLife"/>). It never
/// refuses: what it cannot admit is asked of the owner.
/// </remarks>
internal sealed class KeyLeases
{
    /// <summary>The fewest permits that are worth a lease: fewer are asked for one by one.</summary>
    public const long LeastPermits = 8;

    private const int MostHeld = 2;

    // A lease is to last for a quarter of a second of what is asked for now: two and a half slots of 100 ms.
    private const long SlotsTimesTwo = 5;

    // The next is asked for while half of that is left, and in any case so long before the last one stops.
    private static readonly Wait AskBefore = Wait.OfMicroseconds(300_000);

    /// <summary>What is left of a lease is sent back so long before it stops: the owner takes it back until it ends there.</summary>
    private static readonly Wait ReturnBefore = Wait.OfMicroseconds(150_000);

    /// <summary>How long nothing is asked for until what is left is sent back.</summary>
    private static readonly Wait IdleAfter = Wait.OfMicroseconds(100_000);

    /// <summary>How long the owner is not asked for a lease again after it gave none, too little, or did not answer.</summary>
    private static readonly Wait Pause = Wait.OfMicroseconds(500_000);

    private readonly Lock _gate = new();
    private readonly List<HeldLease> _held = new(MostHeld);
    private SpecVersion _version;
    private DemandRate _rate;
    private LeaseCall _call;
    private bool _isCallUnwanted;
    private bool _isIdle;
    private Instant _sentAt;
    private Instant _askedAt;
    private Instant _pausedUntil;
    private Decision _told;
    private Instant _heardAt;

    private readonly LeaseCounts _counts;
    private readonly Func<LeaseId> _newName;

    /// <param name="counts">Where what became of permits is counted, of all keys.</param>
    /// <param name="newName">Makes a name for a lease that was never used before.</param>
    public KeyLeases(LeaseCounts counts, Func<LeaseId> newName) => (_counts, _newName) = (counts, newName);

    /// <summary>How many permits are left here for requests under a content.</summary>
    public long LeftFor(SpecVersion version, Instant now)
    {
        lock (_gate)
            return _version == version ? SumOfLeft(now) : 0;
    }

    /// <summary>Adds what it holds to a list: for tests.</summary>
    internal void CopyTo(List<HeldLease> held)
    {
        lock (_gate)
            held.AddRange(_held);
    }

    /// <summary>
    /// Decides a request with what is here, if that is enough; says what to ask the owner for meanwhile, and what to send back.
    /// </summary>
    /// <param name="version">The content that the request names: permits that were given under another one are sent back.</param>
    /// <param name="permits">The request's cost, at least 1.</param>
    /// <param name="now">This front end's monotonic time.</param>
    /// <param name="step">What to send.</param>
    /// <param name="decision">What to answer, if it is decided.</param>
    /// <returns>Whether it is decided; else the owner is to be asked.</returns>
    public bool TrySpend(SpecVersion version, long permits, Instant now, out LeaseStep step, out Decision decision)
    {
        lock (_gate)
        {
            (step, decision) = (default, default);

            // Nobody looks after it any more: what it would ask for now would be nobody's.
            if (_isIdle)
                return false;
            if (_version != version)
                step = Turn(version, now);
            _askedAt = now;
            _rate.Add(permits, now);
            var isSpent = TrySpend(permits, now, ref step, out decision);
            step = step with { Call = NextCall(now) };
            return isSpent;
        }
    }

    /// <summary>The owner answered a call for a lease.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="decision">What it said: permits charged, if it gave any.</param>
    /// <param name="version">The content that it decided under.</param>
    /// <param name="now">This front end's monotonic time.</param>
    /// <returns>What to send back: a lease that came too late, or that nothing is asked for any more.</returns>
    public LeaseReturn? Heard(LeaseId id, in Decision decision, SpecVersion version, Instant now)
    {
        lock (_gate)
        {
            // An answer that comes twice, or after the call was given up, is none: what it says may be spent or sent back by now.
            if (_call.Id != id)
                return null;
            var (stopsAt, isUnwanted) = (_sentAt.After(PermitLease.HoldersLife), _isCallUnwanted);
            (_call, _isCallUnwanted) = (default, false);
            var given = decision.IsAdmitted ? decision.Charged : 0;
            if (given < LeastPermits)
                _pausedUntil = now.After(Pause);
            if (given == 0)
                return null;
            _counts.Granted(given);
            if (isUnwanted || version != _version || stopsAt <= now)
                return Returned(new HeldLease(id, given, given, stopsAt));
            (_told, _heardAt) = (decision, now);
            _held.Add(new HeldLease(id, given, given, stopsAt));
            return null;
        }
    }

    /// <summary>The owner did not answer a call for a lease, or could not.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="mayBeGiven">Whether it may have given one all the same.</param>
    /// <param name="now">This front end's monotonic time.</param>
    /// <returns>What to send back, so that a lease which nobody heard of does not stay out.</returns>
    public LeaseReturn? Failed(LeaseId id, bool mayBeGiven, Instant now)
    {
        lock (_gate)
        {
            if (_call.Id != id)
                return null;
            var call = _call;
            (_call, _isCallUnwanted, _pausedUntil) = (default, false, now.After(Pause));
            return mayBeGiven ? new LeaseReturn(call.Id, call.Permits) : null;
        }
    }

    /// <summary>
    /// Takes out what is not to be held any longer: where nothing is asked for, or a lease stops soon. To be called now and then.
    /// </summary>
    /// <param name="now">This front end's monotonic time.</param>
    /// <param name="returns">What to send back is added to it.</param>
    /// <returns>
    /// Whether the key is idle: it holds nothing, waits for nothing and nothing was asked for lately. From then on it decides nothing.
    /// </returns>
    public bool Sweep(Instant now, List<LeaseReturn> returns)
    {
        lock (_gate)
        {
            var isIdle = _askedAt.After(IdleAfter) <= now;
            for (var i = _held.Count - 1; i >= 0; i--)
            {
                if (_held[i].Left == 0 || isIdle || _held[i].StopsAt <= now.After(ReturnBefore))
                    Add(returns, TakeOut(i, now));
            }

            _isIdle = isIdle && _held.Count == 0 && _call.Id.IsNone && _pausedUntil <= now;
            return _isIdle;
        }
    }

    /// <summary>Takes everything out: the key is being reset, or this front end stops.</summary>
    /// <param name="now">This front end's monotonic time.</param>
    /// <param name="returns">What to send back is added to it.</param>
    public void Drop(Instant now, List<LeaseReturn> returns)
    {
        lock (_gate)
        {
            for (var i = _held.Count - 1; i >= 0; i--)
                Add(returns, TakeOut(i, now));

            // One that is on its way is sent back when it comes.
            _isCallUnwanted = !_call.Id.IsNone;
        }
    }

    private static void Add(List<LeaseReturn> returns, LeaseReturn? one)
    {
        if (one is { } lease)
            returns.Add(lease);
    }

    private LeaseStep Turn(SpecVersion version, Instant now)
    {
        var step = default(LeaseStep);
        while (_held.Count > 0)
            step = step.And(TakeOut(_held.Count - 1, now));
        (_version, _isCallUnwanted, _rate) = (version, !_call.Id.IsNone, default);
        return step;
    }

    private bool TrySpend(long permits, Instant now, ref LeaseStep step, out Decision decision)
    {
        for (var i = 0; i < _held.Count; i++)
        {
            var lease = _held[i];
            if (lease.StopsAt <= now || lease.Left < permits)
                continue;
            _held[i] = lease with { Left = lease.Left - permits };
            Debug.Assert(LeaseInvariant.Holds(_held[i].Left, 0, lease.Given - _held[i].Left, lease.Given), "More was spent than given.");
            decision = Told(permits, now);
            step = step with { SpentFrom = lease.Id };

            // What is spent is out no more: its place is free for what flows at the owner.
            if (_held[i].Left == 0)
                step = step.And(TakeOut(i, now));
            return true;
        }

        decision = default;
        return false;
    }

    private LeaseCall? NextCall(Instant now)
    {
        var size = _rate.PerSlot * SlotsTimesTwo / 2;
        if (size < LeastPermits || !_call.Id.IsNone || now < _pausedUntil || _held.Count == MostHeld)
            return null;
        if (SumOfLeft(now.After(AskBefore)) > size / 2)
            return null;
        (_call, _sentAt) = (new LeaseCall(_newName(), size), now);
        return _call;
    }

    /// <summary>Takes a lease out. Its permits are spent no more.</summary>
    /// <returns>What to send back; null where the owner counts it as spent already.</returns>
    private LeaseReturn? TakeOut(int place, Instant now)
    {
        var lease = _held[place];
        _held.RemoveAt(place);
        _counts.Spent(lease.Given - lease.Left);
        if (lease.StopsAt > now)
            return Returned(lease);
        _counts.Stranded(lease.Left);
        return null;
    }

    private LeaseReturn Returned(HeldLease lease)
    {
        _counts.Returned(lease.Left);
        return new LeaseReturn(lease.Id, lease.Left);
    }

    private long SumOfLeft(Instant now)
    {
        var left = 0L;
        foreach (var lease in _held)
            left += now < lease.StopsAt ? lease.Left : 0;
        return left;
    }

    /// <summary>
    /// What the owner said when it gave the last lease, with what is left here on top: as of one key that nobody else asks.
    /// </summary>
    private Decision Told(long permits, Instant now)
    {
        var told = _told.ToldAfter(Wait.OfMicroseconds(now.Microseconds - _heardAt.Microseconds));
        return told with
        {
            Outcome = Outcome.Admitted,
            Charged = permits,
            Remaining = Math.Min(told.Limit, told.Remaining + SumOfLeft(now)),
            RetryAfter = Wait.None,
            Lease = default,
        };
    }
}
