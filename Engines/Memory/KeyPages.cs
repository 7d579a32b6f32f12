using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// A shard's entries in pages that never move, with a free list: growing copies nothing and wastes at most a page.
/// Owned by one shard.
/// </summary>
internal sealed class KeyPages
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;
    private const int CacheLine = 64;
    private const int None = -1;

    private KeyEntry[][] _pages = [];
    private int _pageCount;
    private int _used;
    private int _free = None;

    /// <summary>The entry at a place.</summary>
    public ref KeyEntry this[int place] => ref _pages[place >> PageBits][place & (PageSize - 1)];

    /// <summary>Whether it holds more than a page.</summary>
    public bool IsLarge => _pageCount > 1;

    /// <summary>Has the processor fetch an entry's two lines, if there is such an entry. Safe without the owner's lock.</summary>
    public unsafe void Prefetch(int place)
    {
        var pages = _pages;
        if (!Sse.IsSupported || place >> PageBits >= pages.Length || pages[place >> PageBits] is not { } page)
            return;

        // A prefetch of an address that the collector has just moved away from is a wasted hint, not an access.
        var entry = (byte*)Unsafe.AsPointer(ref page[place & (PageSize - 1)]);
        Sse.Prefetch0(entry);
        Sse.Prefetch0(entry + CacheLine);
    }

    /// <summary>Takes a free place, or makes one.</summary>
    public int Take()
    {
        if (_free != None)
        {
            var place = _free;
            _free = this[place].NextFree;
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

    public void GiveBack(int place)
    {
        this[place] = new KeyEntry { NextFree = _free };
        _free = place;
    }
}
