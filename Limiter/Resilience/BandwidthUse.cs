using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What was decided locally, counted in each of several bandwidths apart: an answer speaks of the tightest alone, and what a long window
/// still counts must not be forgotten because a short one is whole. Owned by one debt, under the ledger's lock.
/// </summary>
internal sealed class BandwidthUse
{
    private readonly LimitSpec[] _specs;
    private readonly KeyState[] _states;

    public BandwidthUse(ReadOnlySpan<LimitSpec> bandwidths, Instant now)
    {
        _specs = bandwidths.ToArray();
        _states = [.. _specs.Select(spec => LimitKey.Fresh(spec, now))];
    }

    /// <summary>Adds permits that were taken, or given back if fewer than 0.</summary>
    public void Add(in SubjectKey key, long permits, Instant now)
    {
        for (var i = 0; i < _specs.Length; i++)
            Execute(i, key, permits < 0 ? Operation.Refund : Operation.Charge, Math.Abs(permits), now);
    }

    /// <summary>The most that any bandwidth still counts as used.</summary>
    public long Largest(in SubjectKey key, Instant now)
    {
        var largest = 0L;
        for (var i = 0; i < _specs.Length; i++)
        {
            var seen = Execute(i, key, Operation.Peek, 0, now);
            largest = Math.Max(largest, seen.Limit - seen.Remaining);
        }

        return largest;
    }

    private Decision Execute(int index, in SubjectKey key, Operation operation, long permits, Instant now)
    {
        var request = new LimitRequest(key, _specs[index], operation, Permits.Of(permits));
        return LimitKey.Execute(ref _specs[index], ref _states[index], request, LeaseId.None, now).Decision;
    }
}
