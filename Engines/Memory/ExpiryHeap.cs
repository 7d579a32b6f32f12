using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The places of a shard's keys, the one to look at first on top: a binary heap by <see cref="KeyEntry.LookAgainAt"/>, where
/// each key knows its own place, so that any can be moved or removed. Owned by one shard.
/// </summary>
internal sealed class ExpiryHeap(SlotPages<KeyEntry> keys)
{
    private int[] _heap = [];

    /// <summary>How many keys are queued: all of the shard's.</summary>
    public int Count { get; private set; }

    /// <summary>The key to look at first.</summary>
    public int Top => _heap[0];

    /// <summary>The key at a place: of the two behind it, at twice the place plus 1 and 2, none is to be looked at sooner.</summary>
    public int this[int place] => _heap[place];

    public void Add(int key)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Math.Max(16, Count + Count / 4));
        _heap[Count] = key;
        keys[key].QueuePlace = Count;
        Up(Count++);
    }

    public void Remove(int key)
    {
        var place = keys[key].QueuePlace;
        var last = _heap[--Count];
        if (last == key)
            return;
        Put(last, place);
        Moved(last);
    }

    /// <summary>Finds a key's place again after its instant changed.</summary>
    public void Moved(int key)
    {
        Up(keys[key].QueuePlace);
        Down(keys[key].QueuePlace);
    }

    private void Up(int place)
    {
        var key = _heap[place];
        var at = keys[key].LookAgainAt;
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (keys[_heap[parent]].LookAgainAt <= at)
                break;
            Put(_heap[parent], place);
            place = parent;
        }

        Put(key, place);
    }

    private void Down(int place)
    {
        var key = _heap[place];
        var at = keys[key].LookAgainAt;
        while (2 * place + 1 < Count)
        {
            var child = 2 * place + 1;
            if (child + 1 < Count && keys[_heap[child + 1]].LookAgainAt < keys[_heap[child]].LookAgainAt)
                child++;
            if (keys[_heap[child]].LookAgainAt >= at)
                break;
            Put(_heap[child], place);
            place = child;
        }

        Put(key, place);
    }

    private void Put(int key, int place)
    {
        _heap[place] = key;
        keys[key].QueuePlace = place;
    }
}
