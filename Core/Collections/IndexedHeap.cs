namespace OrleansLimiter.Core.Collections;

/// <summary>
/// The slots of some pages, the one that is due first on top: a binary heap in which each slot knows where it stands, so that any can be
/// moved or removed. It keeps four bytes a slot; the instants stand in the slots. Owned by whoever owns the pages.
/// </summary>
/// <typeparam name="T">What a slot holds.</typeparam>
internal sealed class IndexedHeap<T>(SlotPages<T> slots)
    where T : struct, IHeapSlot
{
    private const int Few = 16;

    private int[] _heap = [];

    /// <summary>How many slots are in the heap.</summary>
    public int Count { get; private set; }

    /// <summary>When the first slot is due; the latest there can be if there is none.</summary>
    public long DueAt => Count == 0 ? long.MaxValue : slots[_heap[0]].DueAt;

    /// <summary>The slot that is due first.</summary>
    public int First => _heap[0];

    /// <summary>The slot at a place: of the two behind it, at twice the place plus 1 and 2, none is due sooner.</summary>
    public int this[int place] => _heap[place];

    /// <summary>Sets when a slot is due, sooner or later than it was, and adds it if it is not there.</summary>
    public void Set(int slot, long dueAt)
    {
        ref var entry = ref slots[slot];
        var (place, before) = (entry.HeapPlace, entry.DueAt);
        entry.DueAt = dueAt;
        if (place == IHeapSlot.Nowhere)
        {
            if (Count == _heap.Length)
                Array.Resize(ref _heap, Math.Max(Few, Count + Count / 4));
            Up(Count++, slot, dueAt);
        }
        else if (dueAt < before)
        {
            Up(place, slot, dueAt);
        }
        else
        {
            Down(place, slot, dueAt);
        }
    }

    /// <summary>Removes a slot, if it is there.</summary>
    public void Remove(int slot)
    {
        var place = slots[slot].HeapPlace;
        if (place == IHeapSlot.Nowhere)
            return;
        slots[slot].HeapPlace = IHeapSlot.Nowhere;
        var last = _heap[--Count];
        if (last == slot)
            return;
        var dueAt = slots[last].DueAt;
        if (dueAt < slots[slot].DueAt)
            Up(place, last, dueAt);
        else
            Down(place, last, dueAt);
    }

    /// <summary>Lets go of its memory. The slots are not told: it is for an owner who clears the pages too.</summary>
    public void Clear() => (_heap, Count) = ([], 0);

    private void Up(int place, int slot, long dueAt)
    {
        while (place > 0)
        {
            var parent = (place - 1) / 2;
            if (slots[_heap[parent]].DueAt <= dueAt)
                break;
            Put(_heap[parent], place);
            place = parent;
        }

        Put(slot, place);
    }

    private void Down(int place, int slot, long dueAt)
    {
        while (2 * place + 1 < Count)
        {
            var child = 2 * place + 1;
            if (child + 1 < Count && slots[_heap[child + 1]].DueAt < slots[_heap[child]].DueAt)
                child++;
            if (slots[_heap[child]].DueAt >= dueAt)
                break;
            Put(_heap[child], place);
            place = child;
        }

        Put(slot, place);
    }

    private void Put(int slot, int place)
    {
        _heap[place] = slot;
        slots[slot].HeapPlace = place;
    }
}
