using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Valve.Line;

/// <summary>The places of a valve, in pages that never move, and who has which. Owned by one valve.</summary>
internal sealed class PlaceTable
{
    private readonly SlotPages<Place> _slots = new();
    private readonly Dictionary<UserId, int> _byUser = [];

    public PlaceTable() => Heartbeats = new IndexedHeap<Place>(_slots);

    /// <summary>The places that wait, the one that dies first on top.</summary>
    public IndexedHeap<Place> Heartbeats { get; }

    /// <summary>How many people have a place.</summary>
    public int Count => _byUser.Count;

    public ref Place this[int slot] => ref _slots[slot];

    /// <summary>Makes a place for someone who has none.</summary>
    public int Add(UserId user, long number, PlaceState state)
    {
        var slot = _slots.Take();
        this[slot] = new Place { User = user, Number = number, State = state, Spot = -1, HeapPlace = IHeapSlot.Nowhere };
        _byUser.Add(user, slot);
        return slot;
    }

    public bool TryFind(UserId user, out int slot) => _byUser.TryGetValue(user, out slot);

    /// <summary>Takes someone's place away. The slot stays as it is until it is freed: what is not stored yet still speaks of it.</summary>
    public void Detach(int slot)
    {
        _byUser.Remove(this[slot].User);
        this[slot].State = PlaceState.Gone;
    }

    /// <summary>Frees the slot of a place that was taken away.</summary>
    public void Free(int slot) => _slots.GiveBack(slot);

    public void Clear()
    {
        _slots.Clear();
        Heartbeats.Clear();
        _byUser.Clear();
        _byUser.TrimExcess();
    }
}
