using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.Concurrency;

/// <summary>
/// concurrency: at most N permits held at once, each place until it is released or its time to live is over. Unlike the
/// others it counts places with names, so it has one bandwidth and operations of its own.
/// </summary>
internal sealed class ConcurrencyRules : KeyRules
{
    /// <summary>The largest limit: a key holds one entry per place given out.</summary>
    public const long MaxLimit = 10_000;

    private static readonly long ProvisionalLife = (long)LeaseId.ProvisionalLife.TotalMicroseconds;

    private readonly long _timeToLive;

    private ConcurrencyRules(Bandwidth bandwidth)
    {
        Capacity = bandwidth.Limit;
        _timeToLive = bandwidth.WindowMicroseconds;
    }

    public override bool CountsPlaces => true;

    public override long Capacity { get; }

    /// <summary>Compiles the one bandwidth, or says why not.</summary>
    public static bool TryCompile(
        IReadOnlyList<Bandwidth> bandwidths,
        [NotNullWhen(true)] out KeyRules? rules,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        var bandwidth = bandwidths[0];
        error = BurstRule.ErrorIn(bandwidth);
        if (error is null && bandwidth.Limit > MaxLimit)
            error = new InvalidValue("limit", bandwidth.Limit.ToString(CultureInfo.InvariantCulture),
                "must be at most 10,000 for concurrency, which remembers every place");
        error = error?.Within("bandwidths[0]");
        rules = error is null ? new ConcurrencyRules(bandwidth) : null;
        return error is null;
    }

    public override KeyState Fresh(Instant now) => default;

    public override bool Supports(Operation operation) =>
        operation is not (Operation.Refund or Operation.Charge or Operation.Lease or Operation.Return);

    public override void Apply(ref KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out Decision decision) =>
        decision = operation switch
        {
            Operation.Release => Release(state, now, lease),
            Operation.Renew => Renew(state, now, lease),
            _ => Acquire(ref state, now, operation, permits, lease),
        };

    public override bool TryDecide(ref StateCells numbers, Instant now, Operation operation, long permits, out Verdict verdict)
    {
        verdict = default;
        return false;
    }

    public override void Describe(in Verdict verdict, Instant now, out Decision decision) =>
        throw new NotSupportedException("Places have names: what is answered is not in the numbers alone.");

    public override Instant WholeAt(in KeyState state, Instant now) =>
        state.Rest?.Leases is { Count: > 0 } leases ? Instant.Max(now, new Instant(leases[leases.Count - 1].Expiry)) : now;

    public override Instant LastSeen(in KeyState state) =>
        state.Rest?.Leases is { Count: > 0 } leases ? new Instant(leases[leases.Count - 1].Expiry - _timeToLive) : default;

    public override long LargestUsed(in KeyState state, Instant now) => Held(state.Rest?.Leases, now);

    public override KeyState Adopt(KeyRules old, in KeyState state, Instant now) => old is ConcurrencyRules ? state : Fresh(now);

    public override bool Fits(KeyRules old, in KeyState state, Instant now) => true;

    public override bool TryChangeCopy(
        KeyRules old, in KeyState state, Instant now, Operation operation, long permits, LeaseId lease, out KeyState changed,
            out Decision decision)
    {
        // Places are the same under every content, so the copy is the state; only what is refused must not touch it, not even drop what
        // has expired.
        changed = state;
        var leases = state.Rest?.Leases;
        var asked = operation == Operation.AcquireUpTo ? Math.Min(1, permits) : permits;
        if (operation is Operation.Release or Operation.Renew && leases?.Holds(lease, now.Microseconds) != true)
            decision = Answer(leases, now, default) with { Outcome = Outcome.UnknownLease };
        else if (operation is Operation.Release or Operation.Renew)
            Apply(ref changed, now, operation, permits, lease, out decision);
        else if (asked > Math.Max(0, Capacity - Held(leases, now)))
            decision = Acquire(ref changed, now, Operation.Peek, asked, lease);
        else
            decision = Acquire(ref changed, now, operation, permits, lease);
        return ContentConflict.IsChange(operation, permits, decision);
    }

    public override Wait UntilUsedIsAtMost(in KeyState state, Instant at, Instant now, long most) =>
        throw new NotSupportedException("Places are never carried over as permits.");

    public override KeyState Stricter(in KeyState one, in KeyState other, Instant now)
    {
        // Places that were given out in either place are held: together they may be more than the limit, and then nobody is admitted.
        var key = one;
        for (var i = 0; other.Rest?.Leases is { } others && i < others.Count; i++)
        {
            key.Rest ??= new KeyRest();
            key.Rest.Leases ??= new LeaseTable();
            if (!key.Rest.Leases.Has(others[i].Id))
                key.Rest.Leases.Add(others[i]);
        }

        return key;
    }

    private Decision Acquire(ref KeyState state, Instant now, Operation operation, long permits, LeaseId lease)
    {
        var leases = state.Rest?.Leases;
        if (operation != Operation.Peek && permits > 0 && (operation == Operation.AcquireUpTo || permits <= Capacity))
            leases?.DropExpired(now.Microseconds);
        var free = Math.Max(0, Capacity - Held(leases, now));
        var asked = operation == Operation.AcquireUpTo ? Math.Min(permits, Math.Max(1, free)) : permits;
        if (asked > Capacity)
            return Answer(leases, now, default) with { Outcome = Outcome.CostAboveCapacity, RetryAfter = Wait.Never };
        if (asked > free)
            return Answer(leases, now, default) with
            {
                Outcome = Outcome.Limited,
                RetryAfter = Until(FreesAt(leases, now, asked, default), now),
            };
        if (asked == 0 || operation == Operation.Peek)
            return Answer(leases, now, default);

        var place = new LeaseTable.Entry(lease, asked, now.Microseconds + _timeToLive);
        var answer = Answer(leases, now, place);
        state.Rest ??= new KeyRest();
        leases = state.Rest.Leases ??= new LeaseTable();

        // Who hears the answer renews the place: it is told for as long as it is held then.
        leases.Add(lease.IsProvisional ? place with { Expiry = now.Microseconds + Math.Min(_timeToLive, ProvisionalLife) } : place);
        return answer with { Charged = asked, Lease = lease };
    }

    private Decision Release(in KeyState state, Instant now, LeaseId lease)
    {
        var leases = state.Rest?.Leases;
        leases?.DropExpired(now.Microseconds);
        var freed = leases is not null && leases.Remove(lease);
        return Answer(leases, now, default) with { Outcome = freed ? Outcome.Admitted : Outcome.UnknownLease };
    }

    private Decision Renew(in KeyState state, Instant now, LeaseId lease)
    {
        var leases = state.Rest?.Leases;
        leases?.DropExpired(now.Microseconds);
        var held = leases is not null && leases.Renew(lease, now.Microseconds + _timeToLive);
        return Answer(leases, now, default) with { Outcome = held ? Outcome.Admitted : Outcome.UnknownLease };
    }

    private Decision Answer(LeaseTable? leases, Instant now, LeaseTable.Entry added)
    {
        var remaining = Math.Max(0, Capacity - Held(leases, now) - added.Permits);
        var lastExpiry = leases is { Count: > 0 } ? Math.Max(leases[leases.Count - 1].Expiry, added.Expiry) : added.Expiry;
        return new Decision
        {
            Remaining = remaining,
            Limit = Capacity,
            ResetAfter = Until(lastExpiry, now),
            NextAfter = remaining < Capacity ? Until(FreesAt(leases, now, remaining + 1, added), now) : Wait.Never,
        };
    }

    /// <summary>When enough of the soonest expiries will have freed so many permits.</summary>
    private long FreesAt(LeaseTable? leases, Instant now, long permits, LeaseTable.Entry added)
    {
        var missing = Held(leases, now) + added.Permits + permits - Capacity;
        var counted = added.Permits == 0;
        for (var i = 0; leases is not null && i < leases.Count; i++)
        {
            if (leases[i].Expiry <= now.Microseconds)
                continue;
            if (!counted && added.Expiry < leases[i].Expiry)
            {
                counted = true;
                missing -= added.Permits;
                if (missing <= 0)
                    return added.Expiry;
            }

            missing -= leases[i].Permits;
            if (missing <= 0)
                return leases[i].Expiry;
        }

        return added.Expiry;
    }

    private static long Held(LeaseTable? leases, Instant now)
    {
        var held = 0L;
        for (var i = 0; leases is not null && i < leases.Count; i++)
        {
            if (leases[i].Expiry > now.Microseconds)
                held += leases[i].Permits;
        }

        return held;
    }

    private static Wait Until(long instant, Instant now) => Wait.OfMicroseconds(instant - now.Microseconds);
}
