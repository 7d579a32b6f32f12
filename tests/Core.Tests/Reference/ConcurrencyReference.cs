using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>Places that are held until they are released or expire.</summary>
internal sealed class ConcurrencyReference(Bandwidth bandwidth) : RulesReference
{
    private List<(LeaseId Id, long Permits, Int128 Expiry)> _places = [];

    public override Decision Apply(Operation operation, long permits, LeaseId lease, Int128 now)
    {
        if (operation == Operation.Release)
        {
            Settle(now);
            var freed = _places.RemoveAll(place => place.Id == lease) > 0;
            return Answer(now) with { Outcome = freed ? Outcome.Admitted : Outcome.UnknownLease };
        }

        if (operation == Operation.Renew)
        {
            Settle(now);
            var held = _places.Exists(place => place.Id == lease);
            _places = _places.ConvertAll(place => place.Id == lease
                ? place with { Expiry = Int128.Max(place.Expiry, now + bandwidth.WindowMicroseconds) }
                : place);
            return Answer(now) with { Outcome = held ? Outcome.Admitted : Outcome.UnknownLease };
        }

        var free = Free(now);
        var asked = operation == Operation.AcquireUpTo && permits > 0 ? Math.Max(1, Math.Min(permits, free)) : permits;
        if (asked > bandwidth.Limit)
            return Answer(now) with { Outcome = Outcome.CostAboveCapacity, RetryAfter = Wait.Never };
        if (operation != Operation.Peek && asked > 0)
            Settle(now);
        if (asked > free)
            return Answer(now) with { Outcome = Outcome.Limited, RetryAfter = Search.Least(wait => asked <= Free(now + wait)) };
        if (asked == 0 || operation == Operation.Peek)
            return Answer(now);

        _places = [.. _places, (lease, asked, now + bandwidth.WindowMicroseconds)];
        return Answer(now) with { Charged = asked, Lease = lease };
    }

    public override bool Holds(LeaseId lease, Int128 now) => _places.Exists(place => place.Id == lease && place.Expiry > now);

    public override Wait WholeAfter(Int128 now) => Search.Least(wait => Held(now + wait) == 0);

    public override RulesReference Adopt(LimitSpec old, LimitSpec spec, Int128 now) => spec.Algorithm == Algorithm.Concurrency
        ? new ConcurrencyReference(spec.Bandwidths[0]) { _places = _places }
        : Create(spec, now);

    public override RulesReference Copy() => new ConcurrencyReference(bandwidth) { _places = _places };

    public override bool Fits(LimitSpec old, LimitSpec spec, Int128 now) => true;

    private void Settle(Int128 now) => _places = _places.FindAll(place => place.Expiry > now);

    private long Held(Int128 now) => _places.Where(place => place.Expiry > now).Sum(place => place.Permits);

    private long Free(Int128 now) => Math.Max(0, bandwidth.Limit - Held(now));

    private Decision Answer(Int128 now)
    {
        var remaining = Free(now);
        return new Decision
        {
            Remaining = remaining,
            Limit = bandwidth.Limit,
            ResetAfter = WholeAfter(now),
            NextAfter = remaining == bandwidth.Limit ? Wait.Never : Search.Least(wait => Free(now + wait) > remaining),
        };
    }
}
