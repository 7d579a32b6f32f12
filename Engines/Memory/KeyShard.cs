using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;

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
    private readonly KeyGroupDirectory _groups;
    private readonly KeyQuota _count;
    private SlotPages<KeyEntry> _keys = new();
    private IndexedHeap<KeyEntry> _queue;
    private KeyIndex _index = new();
    private KeyGroup? _lastGroup;
    private long _dueAt = long.MaxValue;

    /// <param name="groups">The groups of all shards.</param>
    /// <param name="count">How many keys all shards hold.</param>
    public KeyShard(KeyGroupDirectory groups, KeyQuota count)
    {
        _groups = groups;
        _count = count;
        _queue = new IndexedHeap<KeyEntry>(_keys);
    }

    /// <summary>When the next key is to be looked at, in us; read without the lock.</summary>
    private long DueAt => Volatile.Read(ref _dueAt);

    /// <summary>Does one request.</summary>
    /// <returns>The quota without room for a new key, or for one that would have to grow: nothing was done. Else null.</returns>
    public KeyQuota? Execute(in LimitRequest request, in SubjectBytes subject, int hash, Instant now, out EngineReply reply)
    {
        lock (_gate)
        {
            var key = Find(request.Key.Scope, subject, hash);
            return key != None ? OnKnown(key, request, now, out reply) : OnNew(request, subject, hash, now, out reply);
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
            KeyEntry.Prefetch(ref _keys.FindUnlocked(place));
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

    /// <summary>
    /// The earlier of an instant and the first at which a key that counts in a quota is whole, if nothing else happens; both in us. At most
    /// so many keys are looked at.
    /// </summary>
    public long FirstWhole(KeyQuota quota, Instant now, long first, int looks)
    {
        lock (_gate)
            return FirstWhole(quota, now, first, 0, ref looks);
    }

    private KeyQuota? OnKnown(int key, in LimitRequest request, Instant now, out EngineReply reply)
    {
        ref var entry = ref _keys[key];
        var group = entry.KeyGroup!;
        var spec = group.Spec;

        KeyQuota? full = null;

        // The usual key has no objects on its state, and without a request id, or a name for what is given out, it gets none: its weight
        // stays.
        if (entry.State.IsPlain && request.Id.IsNone && request.Lease.IsNone)
        {
            LimitKey.Execute(ref spec, ref entry.State, request, NewLease.For(spec, request.Spec), now, out reply);
            if (!entry.State.IsPlain)
                Weigh(ref entry, group);
        }
        else
        {
            full = WeighedKey.Execute(
                group.Quota, ref entry.Weight, ref spec, ref entry.State, request, NewLease.For(spec, request.Spec), now, out reply);
        }

        // Also where there was no room: a state that has adopted a newer spec must not stay under the old one.
        if (!ReferenceEquals(spec, group.Spec))
            entry.KeyGroup = GroupFor(request.Key.Scope, spec);

        // Only what gives permits back, or a new spec, brings the key's end nearer; an acquire moves it away, which the queue finds out by
        // itself.
        if (request.Operation > Operation.Peek || !ReferenceEquals(spec, group.Spec))
            LookAgain(key, ref entry, now);
        return full;
    }

    private KeyQuota? OnNew(in LimitRequest request, in SubjectBytes subject, int hash, Instant now, out EngineReply reply)
    {
        var spec = request.Spec;
        var state = LimitKey.Fresh(spec, now);
        reply = LimitKey.Execute(ref spec, ref state, request, NewLease.For(spec, spec), now);
        if (reply.IsFault)
            return null;
        var group = GroupFor(request.Key.Scope, spec);
        var entry = new KeyEntry
        {
            State = state,
            KeyGroup = group,
            Subject = subject,
            Hash = hash,
            HeapPlace = IHeapSlot.Nowhere,
            Weight = KeyWeight.BytesOf(state),
        };
        if (request.Operation == Operation.Peek)
            return WouldBeStored(request, reply)
                ? group.Quota.FullFor(entry.OwnBytes + KeyWeight.MostGrowth(state, AsAcquire(request), now))
                : null;
        var forgettableAt = LimitKey.ForgettableAt(spec, state, now);
        if (forgettableAt <= now)
            return null;
        if (group.Quota.TryTake(entry.OwnBytes + entry.Weight) is { } full)
            return full;
        Add(entry, forgettableAt);
        return null;
    }

    private static LimitRequest AsAcquire(in LimitRequest peek) => peek with { Operation = Operation.Acquire };

    private static void Weigh(ref KeyEntry entry, KeyGroup group)
    {
        entry.Weight = KeyWeight.BytesOf(entry.State);
        group.Quota.Take(entry.Weight);
    }

    /// <summary>
    /// As above, of the key at a place of the queue and those behind it. None of them is whole before it is to be looked at, so most need
    /// no look.
    /// </summary>
    private long FirstWhole(KeyQuota quota, Instant now, long first, int place, ref int looks)
    {
        if (place >= _queue.Count || --looks < 0)
            return first;
        ref var entry = ref _keys[_queue[place]];
        if (entry.DueAt >= first)
            return first;
        if (entry.KeyGroup!.Quota.IsWithin(quota))
            first = Math.Min(first, LimitKey.ForgettableAt(entry.KeyGroup.Spec, entry.State, now).Microseconds);
        return FirstWhole(quota, now, FirstWhole(quota, now, first, 2 * place + 1, ref looks), 2 * place + 2, ref looks);
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
            if (entry.Hash == hash && SubjectBytes.Same(entry.Subject, subject) && entry.KeyGroup!.Scope.Equals(scope))
                return place;
        }
    }

    private void Add(in KeyEntry entry, Instant forgettableAt)
    {
        var place = _keys.Take();
        _keys[place] = entry;
        _index.Add(entry.Hash, place, _keys);
        _queue.Set(place, forgettableAt.Microseconds);
        _count.Take(1);
        NoteDue();
    }

    private void Remove(int place)
    {
        ref var entry = ref _keys[place];
        _index.Remove(entry.Hash, place, _keys);
        _queue.Remove(place);
        _count.GiveBack(1);
        entry.KeyGroup!.Quota.GiveBack(entry.OwnBytes + entry.Weight);
        _keys.GiveBack(place);
        if (_queue.Count == 0 && _keys.IsLarge)
            LetGo();
    }

    /// <summary>Looks at the keys that are due, at most so many, and forgets those that may be.</summary>
    private void Look(Instant now, int most)
    {
        while (most-- > 0 && _queue.Count > 0 && _queue.DueAt <= now.Microseconds)
            LookAgain(_queue.First, ref _keys[_queue.First], now);
        NoteDue();
    }

    private void LookAgain(int place, ref KeyEntry entry, Instant now)
    {
        var forgettableAt = LimitKey.ForgettableAt(entry.KeyGroup!.Spec, entry.State, now);
        if (forgettableAt <= now)
        {
            Remove(place);
        }
        else
        {
            _queue.Set(place, forgettableAt.Microseconds);
            entry.KeyGroup.Quota.HasRoomAt(forgettableAt.Microseconds);
        }

        NoteDue();
    }

    private void NoteDue() => Volatile.Write(ref _dueAt, _queue.DueAt);

    private KeyGroup GroupFor(KeyScope scope, LimitSpec spec)
    {
        if (_lastGroup is not { } group || !ReferenceEquals(group.Spec, spec) || !group.Scope.Equals(scope))
            _lastGroup = group = _groups.For(scope, spec);
        return group;
    }

    /// <summary>A shard that is empty again keeps no memory of a larger past.</summary>
    private void LetGo()
    {
        _keys = new SlotPages<KeyEntry>();
        _queue = new IndexedHeap<KeyEntry>(_keys);
        _index = new KeyIndex();
    }
}
