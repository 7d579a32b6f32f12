using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// One part of the key table: a hash table under one lock. A key is forgotten once forgetting it changes no
/// decision; the queue says which to look at. Safe for many threads.
/// </summary>
internal sealed class KeyShard
{
    private const int None = -1;
    private const int LooksPerSweep = 64;

    private readonly Lock _gate = new();
    private readonly LaneDirectory _lanes;
    private readonly KeyQuota _all;
    private KeyPages _keys = new();
    private LookAgainQueue _queue;
    private KeyIndex _index = new();
    private Lane? _lastLane;
    private long _dueAt = long.MaxValue;

    public KeyShard(LaneDirectory lanes, KeyQuota all)
    {
        _lanes = lanes;
        _all = all;
        _queue = new LookAgainQueue(_keys);
    }

    /// <summary>When the next key is to be looked at, in us; read without the lock.</summary>
    private long DueAt => Volatile.Read(ref _dueAt);

    /// <summary>Does one request. <see cref="EngineFault.KeyTableFull"/>: the key is new and neither this shard nor its tenant's share has room.</summary>
    public void Execute(in LimitRequest request, in SubjectBytes subject, int hash, Instant now, out EngineReply reply)
    {
        lock (_gate)
        {
            var key = Find(request.Key.Scope, subject, hash);
            if (key != None)
                OnKnown(key, request, now, out reply);
            else
                reply = OnNew(request, subject, hash, now);
        }
    }

    /// <summary>
    /// Has the processor fetch the key's memory while the caller reads the clock and takes the lock. Reads the table without
    /// the lock: what it finds is a guess, and nothing is decided by it.
    /// </summary>
    public void Prefetch(int hash)
    {
        var index = _index;
        var slot = index.First(hash);
        if (index.Find(ref slot, hash) is var place and not None)
            _keys.Prefetch(place);
    }

    /// <summary>Forgets every key that may be forgotten, in steps short enough not to hold up requests.</summary>
    public void Sweep(Instant now)
    {
        while (DueAt <= now.Microseconds)
        {
            lock (_gate)
                Look(now, LooksPerSweep);
        }
    }

    private void OnKnown(int key, in LimitRequest request, Instant now, out EngineReply reply)
    {
        ref var entry = ref _keys[key];
        var lane = entry.Lane!;
        var spec = lane.Spec;
        LimitKey.Execute(ref spec, ref entry.State, request, NewLease.For(spec, request.Spec), now, out reply);
        if (!ReferenceEquals(spec, lane.Spec))
            entry.Lane = LaneFor(request.Key.Scope, spec);

        // Only what gives permits back, or a new spec, brings the key's end nearer; an acquire moves it away, which the queue finds out by itself.
        if (request.Operation > Operation.Peek || !ReferenceEquals(spec, lane.Spec))
            LookAgain(key, ref entry, now);
    }

    private EngineReply OnNew(in LimitRequest request, in SubjectBytes subject, int hash, Instant now)
    {
        var spec = request.Spec;
        var state = LimitKey.Fresh(spec, now);
        var reply = LimitKey.Execute(ref spec, ref state, request, NewLease.For(spec, spec), now);
        if (reply.IsFault)
            return reply;
        var lane = LaneFor(request.Key.Scope, spec);
        if (request.Operation == Operation.Peek)
            return WouldBeStored(request, reply) && (lane.Tenant.IsFull || _all.IsFull) ? EngineReply.Failed(EngineFault.KeyTableFull) : reply;
        var forgettableAt = LimitKey.ForgettableAt(spec, state, now);
        if (forgettableAt <= now)
            return reply;
        if (!lane.Tenant.TryTake())
            return EngineReply.Failed(EngineFault.KeyTableFull);
        if (!_all.TryTake())
        {
            lane.Tenant.GiveBack();
            return EngineReply.Failed(EngineFault.KeyTableFull);
        }

        Add(lane, subject, hash, state, forgettableAt);
        return reply;
    }

    // A peek says what an acquire would be answered, and that needs room.
    private static bool WouldBeStored(in LimitRequest request, in EngineReply reply) =>
        request.Permits.Count > 0 && reply.Decision.IsAdmitted;

    private int Find(KeyScope scope, in SubjectBytes subject, int hash)
    {
        for (var slot = _index.First(hash); ; slot = _index.After(slot))
        {
            var place = _index.Find(ref slot, hash);
            if (place == None)
                return None;
            ref var entry = ref _keys[place];
            if (entry.Hash == hash && SubjectBytes.Same(entry.Subject, subject) && entry.Lane!.Scope.Equals(scope))
                return place;
        }
    }

    private void Add(Lane lane, in SubjectBytes subject, int hash, in KeyState state, Instant forgettableAt)
    {
        var place = _keys.Take();
        _keys[place] = new KeyEntry
        {
            State = state,
            Lane = lane,
            Subject = subject,
            LookAgainAt = forgettableAt.Microseconds,
            Hash = hash,
        };
        _index.Add(hash, place, _keys);
        _queue.Add(place);
        NoteDue();
    }

    private void Remove(int place)
    {
        ref var entry = ref _keys[place];
        _index.Remove(entry.Hash, place, _keys);
        _queue.Remove(place);
        entry.Lane!.Tenant.GiveBack();
        _all.GiveBack();
        _keys.GiveBack(place);
        if (_queue.Count == 0 && _keys.IsLarge)
            LetGo();
    }

    /// <summary>Looks at the keys that are due, at most so many, and forgets those that may be.</summary>
    private void Look(Instant now, int most)
    {
        while (most-- > 0 && _queue.Count > 0 && _keys[_queue.Top].LookAgainAt <= now.Microseconds)
            LookAgain(_queue.Top, ref _keys[_queue.Top], now);
        NoteDue();
    }

    private void LookAgain(int place, ref KeyEntry entry, Instant now)
    {
        var forgettableAt = LimitKey.ForgettableAt(entry.Lane!.Spec, entry.State, now);
        if (forgettableAt <= now)
        {
            Remove(place);
        }
        else
        {
            entry.LookAgainAt = forgettableAt.Microseconds;
            _queue.Moved(place);
        }

        NoteDue();
    }

    private void NoteDue() => Volatile.Write(ref _dueAt, _queue.Count == 0 ? long.MaxValue : _keys[_queue.Top].LookAgainAt);

    private Lane LaneFor(KeyScope scope, LimitSpec spec)
    {
        if (_lastLane is not { } lane || !ReferenceEquals(lane.Spec, spec) || !lane.Scope.Equals(scope))
            _lastLane = lane = _lanes.For(scope, spec);
        return lane;
    }

    /// <summary>A shard that is empty again keeps no memory of a larger past.</summary>
    private void LetGo()
    {
        _keys = new KeyPages();
        _queue = new LookAgainQueue(_keys);
        _index = new KeyIndex();
    }
}
