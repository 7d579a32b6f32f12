using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The places of a shard's keys, numbers and objects apart. Owned by one shard; <see cref="FindUnlocked"/> is for all.
/// </summary>
internal sealed class KeyPages
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;
    private const int FewPages = 4;

    private KeyObjects[][] _objects = [];

    /// <summary>The numbers.</summary>
    public SlotPages<KeyEntry> Entries { get; } = new();

    /// <summary>The key at a place.</summary>
    public KeyRef this[int place] => new(ref Entries[place], ref _objects[place >> PageBits][place & (PageSize - 1)]);

    /// <summary>What stands at a place, or nowhere if there is none yet. Does not need the shard's lock, so it is a guess.</summary>
    public KeyRef FindUnlocked(int place)
    {
        var objects = _objects;
        return place >> PageBits < objects.Length && objects[place >> PageBits] is { } page
            ? new KeyRef(ref Entries.FindUnlocked(place), ref page[place & (PageSize - 1)])
            : default;
    }

    /// <summary>Takes a free place, or makes one.</summary>
    public int Take()
    {
        var place = Entries.Take();
        var page = place >> PageBits;
        if (page == _objects.Length)
            Array.Resize(ref _objects, Math.Max(FewPages, page * 2));
        _objects[page] ??= new KeyObjects[PageSize];
        return place;
    }

    /// <summary>Frees a place, whose key nobody can take from here on.</summary>
    public void GiveBack(int place)
    {
        _objects[place >> PageBits][place & (PageSize - 1)] = default;
        Entries.GiveBack(place);
    }
}
