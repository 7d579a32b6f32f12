namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// A shard's entries in pages that never move, with a free list: growing copies nothing and wastes at most a page.
/// Owned by one shard.
/// </summary>
internal sealed class KeyPages
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;
    private const int None = -1;

    private KeyEntry[][] _pages = [];
    private int _pageCount;
    private int _used;
    private int _free = None;

    /// <summary>The entry at a place.</summary>
    public ref KeyEntry this[int place] => ref _pages[place >> PageBits][place & (PageSize - 1)];

    /// <summary>Takes a free place, or makes one.</summary>
    public int Take()
    {
        if (_free != None)
        {
            var place = _free;
            _free = this[place].Next;
            return place;
        }

        if (_used == _pageCount * PageSize)
        {
            if (_pageCount == _pages.Length)
                Array.Resize(ref _pages, Math.Max(4, _pages.Length * 2));
            _pages[_pageCount++] = new KeyEntry[PageSize];
        }

        return _used++;
    }

    /// <summary>Gives a place back.</summary>
    public void GiveBack(int place)
    {
        this[place] = new KeyEntry { Next = _free };
        _free = place;
    }
}
