using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What the engine last said remains of each key that is not whole, so that a key's first local decision does not start from a fresh
/// budget. Holds so many keys at most; the one that is there longest gives way. Safe for use by many threads.
/// </summary>
internal sealed class RememberedRemainders
{
    public const int MaxKeys = 100_000;

    private const int MaxShards = 16;

    private readonly TimeProvider _time;
    private readonly Shard[] _shards;

    public RememberedRemainders(TimeProvider time, int maxKeys = MaxKeys)
    {
        _time = time;
        var shards = Math.Min(MaxShards, maxKeys);
        _shards = [.. Enumerable.Range(0, shards).Select(i => new Shard(maxKeys / shards + (i < maxKeys % shards ? 1 : 0)))];
    }

    /// <summary>How many keys are remembered.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Remembers what an answer of the engine says remains. A whole key needs no memory.</summary>
    public void Note(in SubjectKey key, in Decision decision)
    {
        var shard = ShardOf(key);
        if (decision.ResetAfter.Microseconds == 0)
            shard.TryTake(key, out _);
        else
            shard.Note(key, new Remainder(decision.Remaining, decision.Limit, decision.ResetAfter, _time.GetTimestamp()));
    }

    public void Forget(in SubjectKey key) => ShardOf(key).TryTake(key, out _);

    /// <summary>Takes what was remembered of a key, once. What is older than its own reset is ignored: the key is whole since.</summary>
    /// <param name="key">The key.</param>
    /// <param name="spec">The policy's spec now. Of what was answered under another content, what was used is taken over, unscaled.</param>
    /// <param name="remaining">How many permits remained.</param>
    /// <returns>Whether something was remembered.</returns>
    public bool TryTake(in SubjectKey key, LimitSpec spec, out long remaining)
    {
        var found = ShardOf(key).TryTake(key, out var remainder);
        remaining = HasLimit(spec, remainder.Limit)
            ? remainder.Remaining
            : Math.Max(0, spec.Capacity - (remainder.Limit - remainder.Remaining));
        return found && (remainder.ResetAfter.IsNever
            || _time.GetElapsedTime(remainder.At).TotalMicroseconds < remainder.ResetAfter.Microseconds);
    }

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

    private readonly record struct Remainder(long Remaining, long Limit, Wait ResetAfter, long At);

    /// <summary>A part of the keys under one lock: a ring in the order in which keys came, and where in it each key stands.</summary>
    private sealed class Shard(int max)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<SubjectKey, int> _places = [];
        private readonly List<(SubjectKey Key, Remainder Remainder)> _ring = [];
        private readonly Stack<int> _free = [];
        private int _hand;

        public int Count
        {
            get
            {
                lock (_gate)
                    return _places.Count;
            }
        }

        public void Note(in SubjectKey key, Remainder remainder)
        {
            lock (_gate)
            {
                if (!_places.TryGetValue(key, out var place))
                    _places[key] = place = MakePlace();
                _ring[place] = (key, remainder);
            }
        }

        public bool TryTake(in SubjectKey key, out Remainder remainder)
        {
            lock (_gate)
            {
                remainder = default;
                if (!_places.Remove(key, out var place))
                    return false;
                remainder = _ring[place].Remainder;
                _ring[place] = default;
                _free.Push(place);
                return true;
            }
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
            return place;
        }
    }
}
