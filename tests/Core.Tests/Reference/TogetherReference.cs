using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>Bandwidths that decide together: all admit and are charged, or none is.</summary>
internal sealed class TogetherReference : RulesReference
{
    private List<BandwidthReference> _bandwidths = [];

    public static TogetherReference Fresh(LimitSpec spec, Int128 now)
    {
        var rules = new TogetherReference();
        foreach (var bandwidth in spec.Bandwidths)
        {
            var one = BandwidthReference.Create(spec.Algorithm, bandwidth);
            one.Carry(one.Floor(now), 0);
            rules._bandwidths.Add(one);
        }

        return rules;
    }

    public override Decision Apply(Operation operation, long permits, LeaseId lease, Int128 now)
    {
        var before = _bandwidths.ConvertAll(bandwidth => bandwidth.Copy());
        foreach (var bandwidth in _bandwidths)
            bandwidth.Settle(bandwidth.Floor(now));
        var decision = Do(operation, permits, lease, now);
        var keeps = operation == Operation.Release
            ? decision.Outcome == Outcome.Admitted
            : operation != Operation.Peek && permits > 0 && decision.Outcome != Outcome.CostAboveCapacity;
        if (!keeps)
            _bandwidths = before;
        return decision with { Charged = keeps ? decision.Charged : 0 };
    }

    public override Wait WholeAfter(Int128 now) =>
        Search.Least(wait => _bandwidths.TrueForAll(bandwidth => bandwidth.IsWhole(bandwidth.Floor(now + wait))));

    public override RulesReference Adopt(LimitSpec old, LimitSpec spec, Int128 now)
    {
        if (spec.Algorithm == Algorithm.Concurrency)
            return Create(spec, now);

        // Settled at now, or at the latest time that the key is known to have seen.
        var at = Int128.Max(now, _bandwidths.Max(bandwidth => bandwidth.LastSeen));
        foreach (var bandwidth in _bandwidths)
            bandwidth.Settle(bandwidth.Floor(at));
        var most = _bandwidths.Max(bandwidth => bandwidth.Used(bandwidth.Floor(at)));
        var partners = old.Algorithm == spec.Algorithm ? Partners(old, spec) : [];
        var rules = Fresh(spec, at);
        for (var i = 0; i < spec.Bandwidths.Length; i++)
        {
            var bandwidth = rules._bandwidths[i];
            if (partners.TryGetValue(i, out var partner))
                bandwidth.Adopt(_bandwidths[partner], at);
            else
                bandwidth.Carry(bandwidth.Floor(at), Math.Min(bandwidth.Capacity, most));
        }

        return rules;
    }

    public override RulesReference Copy() => new TogetherReference { _bandwidths = _bandwidths.ConvertAll(bandwidth => bandwidth.Copy()) };

    public override bool Fits(LimitSpec old, LimitSpec spec, Int128 now)
    {
        var at = Int128.Max(now, _bandwidths.Max(bandwidth => bandwidth.LastSeen));
        var settled = _bandwidths.ConvertAll(bandwidth => bandwidth.Copy());
        settled.ForEach(bandwidth => bandwidth.Settle(bandwidth.Floor(at)));
        var used = settled.ConvertAll(bandwidth => bandwidth.Used(bandwidth.Floor(at)));
        var partners = old.Algorithm == spec.Algorithm ? Partners(old, spec) : [];
        return Enumerable.Range(0, spec.Bandwidths.Length)
            .All(i => (partners.TryGetValue(i, out var partner) ? used[partner] : used.Max()) <= spec.Bandwidths[i].Capacity);
    }

    /// <summary>Which bandwidth has the least, and how much.</summary>
    public (int Tightest, long Remaining) LeastAt(Int128 time)
    {
        var all = _bandwidths.ConvertAll(bandwidth => bandwidth.Remaining(bandwidth.Floor(time)));
        return (all.IndexOf(all.Min()), all.Min());
    }

    public long RemainingAt(int index, Int128 time) => _bandwidths[index].Remaining(_bandwidths[index].Floor(time));

    public bool IsWholeAt(Int128 time) => _bandwidths.TrueForAll(bandwidth => bandwidth.IsWhole(bandwidth.Floor(time)));

    /// <summary>Which old bandwidth each new one carries on: by W, the first that is free; then by position.</summary>
    private static Dictionary<int, int> Partners(LimitSpec old, LimitSpec spec)
    {
        var partners = new Dictionary<int, int>();
        for (var i = 0; i < spec.Bandwidths.Length; i++)
        {
            var same = Enumerable.Range(0, old.Bandwidths.Length)
                .Where(j => old.Bandwidths[j].Window == spec.Bandwidths[i].Window && !partners.ContainsValue(j))
                .ToList();
            if (same.Count > 0)
                partners[i] = same[0];
        }

        for (var i = 0; i < spec.Bandwidths.Length; i++)
        {
            if (!partners.ContainsKey(i) && i < old.Bandwidths.Length && !partners.ContainsValue(i))
                partners[i] = i;
        }

        return partners;
    }

    private Decision Do(Operation operation, long permits, LeaseId lease, Int128 now)
    {
        switch (operation)
        {
            case Operation.Refund:
                _bandwidths.ForEach(bandwidth => bandwidth.GiveBack(bandwidth.Floor(now), permits));
                return Answer(now);
            case Operation.Charge:
                _bandwidths.ForEach(bandwidth => bandwidth.Charge(bandwidth.Floor(now), permits));
                return Answer(now);
            case Operation.AcquireUpTo:
                // The most that every bandwidth admits; where that is nothing, the answer of a refused acquire(1).
                var most = Math.Min(permits, _bandwidths.Min(bandwidth => bandwidth.Remaining(bandwidth.Floor(now))));
                return Acquire(permits > 0 ? Math.Max(1, most) : 0, lease, now);
            case Operation.Release:
                var isKnown = _bandwidths[0].Withdraw(lease);
                return Answer(now) with { Outcome = isKnown ? Outcome.Admitted : Outcome.UnknownLease };
            case Operation.Peek:
                var there = Answer(now);
                var would = Acquire(permits, lease, now);
                return there with { Outcome = would.Outcome, RetryAfter = would.RetryAfter, Delay = would.Delay };
            default:
                return Acquire(permits, lease, now);
        }
    }

    private Decision Acquire(long permits, LeaseId lease, Int128 now)
    {
        if (_bandwidths.Exists(bandwidth => permits > bandwidth.Capacity))
            return Answer(now) with { Outcome = Outcome.CostAboveCapacity, RetryAfter = Wait.Never };
        var refusing = _bandwidths.FindAll(bandwidth => permits > bandwidth.Remaining(bandwidth.Floor(now)));
        if (refusing.Count > 0)
        {
            var wait = Search.Least(d => refusing.TrueForAll(bandwidth => permits <= bandwidth.Remaining(bandwidth.Floor(now + d))));
            return Answer(now) with { Outcome = Outcome.Limited, RetryAfter = wait };
        }

        var delay = permits == 0 ? 0 : _bandwidths.Max(bandwidth => bandwidth.ProceedsAt(bandwidth.Floor(now), permits) - now);
        _bandwidths.ForEach(bandwidth => bandwidth.TakeTurn(bandwidth.Floor(now), permits, lease));
        return Answer(now) with
        {
            Charged = permits,
            Delay = Wait.OfMicroseconds((long)Int128.Max(0, delay)),
            Lease = _bandwidths[0].HasTurns && permits > 0 && delay > 0 ? lease : LeaseId.None,
        };
    }

    private Decision Answer(Int128 now)
    {
        var tightest = _bandwidths.MinBy(bandwidth => bandwidth.Remaining(bandwidth.Floor(now)))!;
        var remaining = tightest.Remaining(tightest.Floor(now));
        return new Decision
        {
            Tightest = _bandwidths.IndexOf(tightest),
            Remaining = remaining,
            Limit = tightest.Capacity,
            ResetAfter = WholeAfter(now),
            NextAfter = remaining == tightest.Capacity
                ? Wait.Never
                : Search.Least(wait => tightest.Remaining(tightest.Floor(now + wait)) > remaining),
        };
    }
}
