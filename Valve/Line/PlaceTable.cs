namespace OrleansLimiter.Valve.Line;

/// <summary>The places of a valve, in pages that never move, and who has which. Owned by one valve.</summary>
internal sealed class PlaceTable
{
    private const int PageBits = 10;
    private const int PageSize = 1 << PageBits;

    private readonly List<Place[]> _pages = [];
    private readonly Stack<int> _free = [];
    private readonly Dictionary<UserId, int> _byUser = [];
    private int _used;

    /// <summary>How many people have a place.</summary>
    public int Count => _byUser.Count;

    public ref Place this[int slot] => ref _pages[slot >> PageBits][slot & (PageSize - 1)];

    /// <summary>Makes a place for someone who has none.</summary>
    public int Add(UserId user, long number, PlaceState state)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _used++;
            if (slot >> PageBits == _pages.Count)
                _pages.Add(new Place[PageSize]);
        }

        this[slot] = new Place { User = user, Number = number, State = state, Spot = -1, Beat = -1 };
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
    public void Free(int slot)
    {
        this[slot] = default;
        _free.Push(slot);
    }

    public void Clear()
    {
        _pages.Clear();
        _free.Clear();
        _free.TrimExcess();
        _byUser.Clear();
        _byUser.TrimExcess();
        _used = 0;
    }
}
