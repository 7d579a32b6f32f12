using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What the engine last said of each key that is not whole: what remains, so that a key's first local decision does not start from a fresh
/// budget, and what it refused, so that an attack on one key stays off the engine. Holds so many keys at most; the one that is there
/// longest gives way. Safe for use by many threads.
/// </summary>
internal sealed class RememberedAnswers
{
    public const int MaxKeys = 100_000;

    private const int MaxShards = 16;

    private readonly TimeProvider _time;
    private readonly RememberedShard[] _shards;

    public RememberedAnswers(TimeProvider time, int maxKeys = MaxKeys)
    {
        _time = time;
        var shards = Math.Min(MaxShards, maxKeys);
        _shards = [.. Enumerable.Range(0, shards).Select(i => new RememberedShard(maxKeys / shards + (i < maxKeys % shards ? 1 : 0)))];
    }

    /// <summary>How many keys are remembered.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>
    /// Refuses a plain acquire again that the engine refused within its wait, or whose cost is above one that it refused.
    /// </summary>
    /// <param name="request">What is asked.</param>
    /// <param name="refusal">What to answer.</param>
    /// <param name="asked">When it is asked of the engine, if it is: for <see cref="Note"/>.</param>
    public bool TryRefuse(in LimitRequest request, out EngineReply refusal, out AskedAt asked)
    {
        (refusal, asked) = (default, default);
        if (!MayBeRemembered(request))
            return false;
        var shard = ShardOf(request.Key);
        asked = new AskedAt(_time.GetTimestamp(), shard.Epoch);

        // A request id may have been admitted before, which is the engine's to know; what is above the capacity is refused for good.
        if (!shard.HasRefusals || !request.Id.IsNone || request.Permits.Count > request.Spec.Capacity
            || !shard.TryRefuse(request, asked.Timestamp, _time, out var decision))
            return false;
        refusal = EngineReply.Decided(decision);
        return true;
    }

    /// <summary>Remembers an answer of the engine. A whole key needs no memory.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="reply">The answer: no fault.</param>
    /// <param name="asked">When; none where a refusal is not to be remembered.</param>
    public void Note(in LimitRequest request, in EngineReply reply, AskedAt asked)
    {
        ref readonly var decision = ref reply.Decision;
        var shard = ShardOf(request.Key);
        if (decision.ResetAfter.Microseconds == 0)
        {
            shard.Remove(request.Key);
            return;
        }

        var now = _time.GetTimestamp();
        var remainder = new Remainder(decision.Remaining, decision.Limit, decision.ResetAfter, decision.NextAfter, now);
        if (decision.Outcome == Outcome.Limited && MayBeRemembered(request))
            shard.NoteRefusal(request, (reply.NewerSpec ?? request.Spec).Version, decision, remainder, asked, _time);
        else
            shard.Note(request.Key, remainder, isMoved: request.Operation != Operation.Peek && decision.Outcome == Outcome.Admitted);
    }

    /// <summary>Forgets a key, and every refusal that is on its way.</summary>
    public void Forget(in SubjectKey key)
    {
        ForgetRefusals(key);
        ShardOf(key).Remove(key);
    }

    /// <summary>Something is or was given back on a key: what was refused, or is on its way to be, may be admitted now.</summary>
    public void ForgetRefusals(in SubjectKey key) => ShardOf(key).ForgetRefusals(key);

    /// <summary>
    /// Takes what was remembered of a key: once, or again and again until the engine's key had more, since it may count what the local key
    /// no longer does. What is older than its own reset is ignored: the key is whole since.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="spec">The policy's spec now. Of what was answered under another content, what was used is taken over, unscaled.</param>
    /// <param name="remaining">How many permits remained.</param>
    /// <returns>Whether something was remembered.</returns>
    public bool TryTake(in SubjectKey key, LimitSpec spec, out long remaining)
    {
        var found = ShardOf(key).TryTake(key, _time, out var remainder);
        remaining = HasLimit(spec, remainder.Limit)
            ? remainder.Remaining
            : Math.Max(0, spec.Capacity - (remainder.Limit - remainder.Remaining));
        return found && !remainder.HasPassed(remainder.ResetAfter, _time);
    }

    /// <summary>Permits were taken from a key in the engine's place: so many less remain of what it said.</summary>
    public void Spend(in SubjectKey key, long permits) => ShardOf(key).Spend(key, permits);

    private static bool MayBeRemembered(in LimitRequest request) =>
        request.Operation == Operation.Acquire && request.Permits.Count > 0 && request.Spec.Algorithm != Algorithm.Concurrency;

    private RememberedShard ShardOf(in SubjectKey key) => _shards[(uint)key.GetHashCode() % (uint)_shards.Length];

    private static bool HasLimit(LimitSpec spec, long limit)
    {
        foreach (var bandwidth in spec.Bandwidths)
        {
            if (bandwidth.Capacity == limit)
                return true;
        }

        return false;
    }
}
