using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// One part of the key table. Which keys there are is guarded by one lock; a key's own state by the key's <see cref="KeyHold"/>, so that
/// requests on keys that are known take no lock in common. A key is forgotten once forgetting it changes no decision; the queue says which
/// to look at. Safe for many threads.
/// </summary>
internal sealed class KeyShard
{
    private const int None = -1;
    private const int LooksPerSweep = 64;

    // Who has it may take a key; who has a key never waits for it.
    private readonly Lock _gate = new();
    private readonly KeyGroupDirectory _groups;
    private readonly KeyQuota _count;
    private KeyPages _keys = new();
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
        _queue = new IndexedHeap<KeyEntry>(_keys.Entries);
    }

    /// <summary>When the next key is to be looked at, in us; read without the lock.</summary>
    private long DueAt => Volatile.Read(ref _dueAt);

    /// <summary>
    /// Where the key of a hash seems to stand: what is read without the lock is a guess, by which nothing is decided. Has the processor
    /// fetch it while the caller reads the clock.
    /// </summary>
    /// <returns>Some key or free place; none where there is no such key.</returns>
    public KeyRef Guess(int hash)
    {
        var index = _index;
        var slot = index.First(hash);
        if (index.Find(ref slot, hash) is not (not None and var place))
            return default;
        var key = _keys.FindUnlocked(place);
        key.Prefetch();
        return key;
    }

    /// <summary>
    /// Does one request on a key where it seems to stand, without the lock: what does not change which keys there are, when the next is to
    /// be looked at, or the key's spec.
    /// </summary>
    /// <param name="key">The guess.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="subject">The first bytes of the key's subject.</param>
    /// <param name="hash">The key's hash.</param>
    /// <param name="now">The engine's clock.</param>
    /// <param name="full">The quota without room for a key that would have to grow.</param>
    /// <param name="reply">The reply.</param>
    /// <returns>Whether it was done; if not, it takes <see cref="Execute"/>.</returns>
    public static bool TryExecute(
        KeyRef key, in LimitRequest request, in SubjectBytes subject, int hash, Instant now, out KeyQuota? full, out EngineReply reply)
    {
        full = null;
        Unsafe.SkipInit(out reply);
        if (key.IsNone || request.Operation > Operation.Peek || !key.Entry.Hold.TryTake(hash))
            return false;
        var rest = key.Objects.Rest;
        if (!key.Is(request.Key, subject) || !ReferenceEquals(key.Objects.Group.Spec, request.Spec) || rest?.Aside is not null)
        {
            key.Entry.Hold.Release(hash);
            return false;
        }

        var rules = request.Spec.Rules;
        if (rest is null && request.Id.IsNone && request.Lease.IsNone
            && rules.TryDecide(ref key.Entry.Numbers, now, request.Operation, request.Permits.Count, out var verdict))
        {
            // Nobody waits for the answer to be worked out.
            key.Entry.Hold.Release(hash);
            rules.Describe(verdict, now, out EngineReply.Room(out reply));
            return true;
        }

        try
        {
            var spec = request.Spec;
            full = Decide(key, ref spec, request, now, out reply);
            return true;
        }
        finally
        {
            key.Entry.Hold.Release(hash);
        }
    }

    /// <summary>Does one request.</summary>
    /// <returns>The quota without room for a new key, or for one that would have to grow: nothing was done. Else null.</returns>
    public KeyQuota? Execute(in LimitRequest request, in SubjectBytes subject, int hash, Instant now, out EngineReply reply)
    {
        lock (_gate)
        {
            var place = Find(request.Key, subject, hash);
            return place != None ? OnKnown(place, request, now, out reply) : OnNew(request, subject, hash, now, out reply);
        }
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

    private KeyQuota? OnKnown(int place, in LimitRequest request, Instant now, out EngineReply reply)
    {
        var key = _keys[place];
        var hash = key.Entry.Hold.Take();
        var group = key.Objects.Group;
        var spec = group.Spec;
        KeyQuota? full;
        try
        {
            full = Decide(key, ref spec, request, now, out reply);
        }
        finally
        {
            // Also where there was no room: a state that has adopted a newer spec must not stay under the old one.
            if (!ReferenceEquals(spec, group.Spec))
                key.Objects.SetGroup(GroupFor(request.Key.Scope, spec), request.Key);
            key.Entry.Hold.Release(hash);
        }

        // Only what gives permits back, or a new spec, brings the key's end nearer; an acquire moves it away, which the queue finds out by
        // itself.
        if (request.Operation > Operation.Peek || !ReferenceEquals(spec, group.Spec))
            LookAgain(place, now);
        return full;
    }

    /// <summary>Does one request on a key that the caller holds.</summary>
    private static KeyQuota? Decide(KeyRef key, ref LimitSpec spec, in LimitRequest request, Instant now, out EngineReply reply)
    {
        var quota = key.Objects.Group.Quota;
        var lease = NewLease.For(spec, request.Spec);
        var state = key.State;
        var weight = KeyWeight.BytesOf(state);
        try
        {
            if (!state.IsPlain || !request.Id.IsNone || !request.Lease.IsNone)
                return WeighedKey.Execute(quota, ref weight, ref spec, ref state, request, lease, now, out reply);

            // The usual key has no objects on its state, and without a request id, or a name for what is given out, it gets none: its
            // weight stays. A new spec may bring some, whatever room there is.
            LimitKey.Execute(ref spec, ref state, request, lease, now, out reply);
            if (!state.IsPlain)
                quota.Take(KeyWeight.BytesOf(state));
            return null;
        }
        finally
        {
            key.State = state;
        }
    }

    private KeyQuota? OnNew(in LimitRequest request, in SubjectBytes subject, int hash, Instant now, out EngineReply reply)
    {
        var spec = request.Spec;
        var state = LimitKey.Fresh(spec, now);
        reply = LimitKey.Execute(ref spec, ref state, request, NewLease.For(spec, spec), now);
        if (reply.IsFault)
            return null;
        var group = GroupFor(request.Key.Scope, spec);
        var entry = new KeyEntry { Subject = subject, HeapPlace = IHeapSlot.Nowhere };
        var objects = default(KeyObjects);
        objects.SetGroup(group, request.Key);
        var key = new KeyRef(ref entry, ref objects) { State = state };
        if (request.Operation == Operation.Peek)
            return WouldBeStored(request, reply)
                ? group.Quota.FullFor(key.OwnBytes + KeyWeight.MostGrowth(state, AsAcquire(request), now))
                : null;
        var forgettableAt = LimitKey.ForgettableAt(spec, state, now);
        if (forgettableAt <= now)
            return null;
        if (group.Quota.TryTake(key.OwnBytes + KeyWeight.BytesOf(state)) is { } full)
            return full;
        Add(key, hash, forgettableAt);
        return null;
    }

    private static LimitRequest AsAcquire(in LimitRequest peek) => peek with { Operation = Operation.Acquire };

    /// <summary>
    /// As above, of the key at a place of the queue and those behind it. None of them is whole before it is to be looked at, so most need
    /// no look.
    /// </summary>
    private long FirstWhole(KeyQuota quota, Instant now, long first, int place, ref int looks)
    {
        if (place >= _queue.Count || --looks < 0)
            return first;
        var key = _keys[_queue[place]];
        if (key.Entry.DueAt >= first)
            return first;
        if (key.Objects.Group.Quota.IsWithin(quota))
            first = Math.Min(first, ForgettableAt(key, now).Microseconds);
        return FirstWhole(quota, now, FirstWhole(quota, now, first, 2 * place + 1, ref looks), 2 * place + 2, ref looks);
    }

    // A peek says what an acquire would be answered, and that needs room.
    private static bool WouldBeStored(in LimitRequest request, in EngineReply reply) =>
        request.Permits.Count > 0 && reply.Decision.IsAdmitted;

    private int Find(in SubjectKey key, in SubjectBytes subject, int hash)
    {
        for (var slot = _index.First(hash); ; slot = _index.After(slot))
        {
            var place = _index.Find(ref slot, hash);
            if (place == None)
                return None;
            var found = _keys[place];
            if (found.Entry.Hold.Hash == hash && found.Is(key, subject))
                return place;
        }
    }

    private void Add(KeyRef added, int hash, Instant forgettableAt)
    {
        var place = _keys.Take();
        var key = _keys[place];
        (key.Entry, key.Objects) = (added.Entry, added.Objects);
        _index.Add(hash, place, _keys.Entries);
        _queue.Set(place, forgettableAt.Microseconds);
        _count.Take(1);
        NoteDue();

        // From here on anybody may have it.
        key.Entry.Hold.Release(hash);
    }

    /// <summary>Removes a key that the caller holds; nobody can take it from here on.</summary>
    private void Remove(int place)
    {
        var key = _keys[place];
        _index.Remove(key.Entry.Hold.Hash, place, _keys.Entries);
        _queue.Remove(place);
        _count.GiveBack(1);
        key.Objects.Group.Quota.GiveBack(key.OwnBytes + KeyWeight.BytesOf(key.State));
        _keys.GiveBack(place);
        if (_queue.Count == 0 && _keys.Entries.IsLarge)
            LetGo();
    }

    /// <summary>Looks at the keys that are due, at most so many, and forgets those that may be.</summary>
    private void Look(Instant now, int most)
    {
        while (most-- > 0 && _queue.Count > 0 && _queue.DueAt <= now.Microseconds)
            LookAgain(_queue.First, now);
        NoteDue();
    }

    private void LookAgain(int place, Instant now)
    {
        var key = _keys[place];
        var hash = key.Entry.Hold.Take();
        var isGone = false;
        try
        {
            var forgettableAt = LimitKey.ForgettableAt(key.Objects.Group.Spec, key.State, now);
            if (forgettableAt <= now)
            {
                isGone = true;
                Remove(place);
            }
            else
            {
                _queue.Set(place, forgettableAt.Microseconds);
                key.Objects.Group.Quota.HasRoomAt(forgettableAt.Microseconds);
            }
        }
        finally
        {
            if (!isGone)
                key.Entry.Hold.Release(hash);
        }

        NoteDue();
    }

    private static Instant ForgettableAt(KeyRef key, Instant now)
    {
        var hash = key.Entry.Hold.Take();
        try
        {
            return LimitKey.ForgettableAt(key.Objects.Group.Spec, key.State, now);
        }
        finally
        {
            key.Entry.Hold.Release(hash);
        }
    }

    private void NoteDue()
    {
        // Requests read what stands beside it all the time.
        if (_dueAt != _queue.DueAt)
            Volatile.Write(ref _dueAt, _queue.DueAt);
    }

    private KeyGroup GroupFor(KeyScope scope, LimitSpec spec)
    {
        if (_lastGroup is not { } group || !ReferenceEquals(group.Spec, spec) || !group.Scope.Equals(scope))
            _lastGroup = group = _groups.For(scope, spec);
        return group;
    }

    /// <summary>A shard that is empty again keeps no memory of a larger past.</summary>
    private void LetGo()
    {
        _keys = new KeyPages();
        _queue = new IndexedHeap<KeyEntry>(_keys.Entries);
        _index = new KeyIndex();
    }
}
