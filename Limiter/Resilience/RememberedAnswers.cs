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
    private readonly Shard[] _shards;

    public RememberedAnswers(TimeProvider time, int maxKeys = MaxKeys)
    {
        _time = time;
        var shards = Math.Min(MaxShards, maxKeys);
        _shards = [.. Enumerable.Range(0, shards).Select(i => new Shard(maxKeys / shards + (i < maxKeys % shards ? 1 : 0)))];
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
        return found && !HasPassed(remainder.ResetAfter, remainder.At, _time);
    }

    /// <summary>Permits were taken from a key in the engine's place: so many less remain of what it said.</summary>
    public void Spend(in SubjectKey key, long permits) => ShardOf(key).Spend(key, permits);

    private static bool HasPassed(Wait wait, long since, TimeProvider time) =>
        !wait.IsNever && time.GetElapsedTime(since).TotalMicroseconds >= wait.Microseconds;

    private static bool MayBeRemembered(in LimitRequest request) =>
        request.Operation == Operation.Acquire && request.Permits.Count > 0 && request.Spec.Algorithm != Algorithm.Concurrency;

    private Shard ShardOf(in SubjectKey key) => _shards[(uint)key.GetHashCode() % (uint)_shards.Length];

    private static bool HasLimit(LimitSpec spec, long limit)
    {
        foreach (var bandwidth in spec.Bandwidths)
        {
            if (bandwidth.Capacity == limit)
                return true;
        }

        return false;
    }

    private readonly record struct Remainder(long Remaining, long Limit, Wait ResetAfter, Wait NextAfter, long At)
    {
        /// <summary>What the engine refused since anything else happened to the key.</summary>
        public KeyRefusals? Refusals { get; init; }
    }

    /// <summary>When a request was asked of the engine.</summary>
    /// <param name="Timestamp">By the monotonic timer.</param>
    /// <param name="Epoch">How often something had been given back until then.</param>
    internal readonly record struct AskedAt(long Timestamp, int Epoch);

    /// <summary>A part of the keys under one lock: a ring in the order in which keys came, and where in it each key stands.</summary>
    private sealed class Shard(int max)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<SubjectKey, int> _places = [];
        private readonly List<(SubjectKey Key, Remainder Remainder)> _ring = [];
        private readonly Stack<int> _free = [];
        private int _hand;

        private int _refused;

        // From 1: a request of which nobody noted when it was asked has none of them.
        private int _epoch = 1;

        public int Count
        {
            get
            {
                lock (_gate)
                    return _places.Count;
            }
        }

        /// <summary>Counted up whenever something is given back.</summary>
        public int Epoch => Volatile.Read(ref _epoch);

        /// <summary>Whether any of its keys was refused.</summary>
        public bool HasRefusals => Volatile.Read(ref _refused) > 0;

        /// <param name="key">The key.</param>
        /// <param name="remainder">What is left of it.</param>
        /// <param name="isMoved">Whether permits were taken or given: the waits that were told are not what they were.</param>
        public void Note(in SubjectKey key, Remainder remainder, bool isMoved)
        {
            lock (_gate)
                Put(key, isMoved ? remainder : remainder with { Refusals = RefusalsOf(key) });
        }

        public void NoteRefusal(
            in LimitRequest request, SpecVersion version, in Decision decision, Remainder remainder, AskedAt asked, TimeProvider time)
        {
            lock (_gate)
            {
                var refusals = RefusalsOf(request.Key);
                if (asked.Epoch == _epoch)
                {
                    if (refusals?.Version != version)
                        refusals = new KeyRefusals(version);
                    refusals.Add(request.Permits.Count, decision, asked.Timestamp, remainder.At, time);
                }

                Put(request.Key, remainder with { Refusals = refusals });
            }
        }

        public bool TryRefuse(in LimitRequest request, long now, TimeProvider time, out Decision decision)
        {
            decision = default;
            lock (_gate)
            {
                return RefusalsOf(request.Key) is { } refusals && refusals.Version == request.Spec.Version
                    && refusals.TryTell(request.Permits.Count, now, time, out decision);
            }
        }

        public void ForgetRefusals(in SubjectKey key)
        {
            lock (_gate)
            {
                Volatile.Write(ref _epoch, _epoch + 1);
                if (_places.TryGetValue(key, out var place))
                    Put(key, _ring[place].Remainder with { Refusals = null });
            }
        }

        public bool TryTake(in SubjectKey key, TimeProvider time, out Remainder remainder)
        {
            lock (_gate)
            {
                remainder = default;
                if (!_places.TryGetValue(key, out var place))
                    return false;
                remainder = _ring[place].Remainder;
                if (remainder.NextAfter.IsNever || HasPassed(remainder.NextAfter, remainder.At, time))
                    Remove(key, place);
                return true;
            }
        }

        public void Spend(in SubjectKey key, long permits)
        {
            lock (_gate)
            {
                if (!_places.TryGetValue(key, out var place))
                    return;
                var (_, remainder) = _ring[place];
                _ring[place] = (key, remainder with { Remaining = Math.Clamp(remainder.Remaining - permits, 0, remainder.Limit) });
            }
        }

        public void Remove(in SubjectKey key)
        {
            lock (_gate)
            {
                if (_places.TryGetValue(key, out var place))
                    Remove(key, place);
            }
        }

        private void Remove(in SubjectKey key, int place)
        {
            _places.Remove(key);
            Empty(place);
            _free.Push(place);
        }

        private KeyRefusals? RefusalsOf(in SubjectKey key) =>
            _places.TryGetValue(key, out var place) ? _ring[place].Remainder.Refusals : null;

        private void Put(in SubjectKey key, Remainder remainder)
        {
            if (!_places.TryGetValue(key, out var place))
                _places[key] = place = MakePlace();
            _refused += (remainder.Refusals is null ? 0 : 1) - (_ring[place].Remainder.Refusals is null ? 0 : 1);
            _ring[place] = (key, remainder);
        }

        private void Empty(int place)
        {
            if (_ring[place].Remainder.Refusals is not null)
                _refused--;
            _ring[place] = default;
        }

        private int MakePlace()
        {
            if (_free.TryPop(out var place))
                return place;
            if (_ring.Count < max)
            {
                _ring.Add(default);
                return _ring.Count - 1;
            }

            place = _hand;
            _hand = (_hand + 1) % max;
            _places.Remove(_ring[place].Key);
            Empty(place);
            return place;
        }
    }
}
