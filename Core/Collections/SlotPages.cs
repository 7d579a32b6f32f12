using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansLimiter.Core.Collections;

/// <summary>
/// Slots in pages that never move, with a free list: growing copies nothing and wastes at most a page, and what was given back is taken
/// again without allocating. Slots without references whose size is whole lines of the processor's cache begin at one. Has one owner at a
/// time.
/// </summary>
/// <typeparam name="T">What a slot holds.</typeparam>
internal sealed class SlotPages<T>
    where T : struct, IPagedSlot
{
    private const int PageBits = 7;
    private const int PageSize = 1 << PageBits;
    private const int CacheLine = 64;
    private const int None = -1;

    private T[][] _pages = [];
    private int _pageCount;
    private int _used;
    private int _free = None;

    /// <summary>A slot.</summary>
    public ref T this[int slot] => ref In(_pages[slot >> PageBits], slot);

    /// <summary>Whether there is more than a page.</summary>
    public bool IsLarge => _pageCount > 1;

    /// <summary>
    /// A slot, or a null reference (<see cref="Unsafe.IsNullRef{T}"/>) where there is none yet. Does not need the owner's lock, so what
    /// stands there is a guess.
    /// </summary>
    public ref T FindUnlocked(int slot)
    {
        var pages = _pages;
        if (slot >> PageBits >= pages.Length || pages[slot >> PageBits] is not { } page)
            return ref Unsafe.NullRef<T>();
        return ref In(page, slot);
    }

    private static bool IsOfLines => !RuntimeHelpers.IsReferenceOrContainsReferences<T>() && Unsafe.SizeOf<T>() % CacheLine == 0;

    /// <summary>Takes a free slot, or makes one.</summary>
    public int Take()
    {
        if (_free != None)
        {
            var slot = _free;
            _free = this[slot].NextFree;
            return slot;
        }

        if (_used == _pageCount * PageSize)
        {
            if (_pageCount == _pages.Length)
                Array.Resize(ref _pages, Math.Max(4, _pages.Length * 2));
            _pages[_pageCount++] = IsOfLines ? GC.AllocateArray<T>(PageSize + 1, pinned: true) : new T[PageSize];
        }

        return _used++;
    }

    /// <summary>Frees a slot, and forgets what it held.</summary>
    public void GiveBack(int slot)
    {
        this[slot] = new T { NextFree = _free };
        _free = slot;
    }

    /// <summary>Lets go of all slots and their memory.</summary>
    public void Clear() => (_pages, _pageCount, _used, _free) = ([], 0, 0, None);

    private static ref T In(T[] page, int slot)
    {
        if (!IsOfLines)
            return ref page[slot & (PageSize - 1)];

        // Such a page stays where it is, so its first line does. It has a slot more than are used.
        ref var start = ref MemoryMarshal.GetArrayDataReference(page);
        var untilLine = -Unsafe.ByteOffset(ref Unsafe.NullRef<T>(), ref start) & (CacheLine - 1);
        return ref Unsafe.Add(ref Unsafe.AddByteOffset(ref start, untilLine), slot & (PageSize - 1));
    }
}
