using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// Where in a shard's pages the key of a hash stands: open addressing, four bytes a slot, of which eight bits are a part of
/// the hash, so that a request hardly ever touches the memory of a key that is not its own. Owned by one shard.
/// </summary>
internal sealed class KeyIndex
{
    /// <summary>The most keys that a shard can place.</summary>
    public const int MaxKeys = PlaceMask - 1;

    private const int PlaceMask = (1 << TagShift) - 1;
    private const int TagShift = 24;
    private const int FirstSlots = 16;

    // A slot holds the hash's tag and the place plus one; 0 is an empty slot.
    private uint[] _slots = new uint[FirstSlots];
    private int _count;

    /// <summary>The first slot to look at.</summary>
    public int First(int hash) => hash & (_slots.Length - 1);

    /// <summary>Looks from a slot on for a key of that hash.</summary>
    /// <param name="slot">Where to look first; where it was found, for looking further with <see cref="After"/>.</param>
    /// <param name="hash">The hash.</param>
    /// <returns>The place of a key that may be the one; -1 if there is none.</returns>
    public int Find(ref int slot, int hash)
    {
        var slots = _slots;
        slot &= slots.Length - 1;
        var tag = TagOf(hash);
        while (true)
        {
            var found = slots[slot];
            if (found == 0)
                return -1;
            if ((found & ~(uint)PlaceMask) == tag)
                return (int)(found & PlaceMask) - 1;
            slot = (slot + 1) & (slots.Length - 1);
        }
    }

    public int After(int slot) => (slot + 1) & (_slots.Length - 1);

    /// <summary>Adds a key; <paramref name="keys"/> knows the hashes of those that have to move.</summary>
    public void Add(int hash, int place, SlotPages<KeyEntry> keys)
    {
        // Seven eighths full at most: probing stays within a line or two.
        if (_count >= _slots.Length - _slots.Length / 8)
            Grow(keys);
        Put(_slots, hash, place);
        _count++;
    }

    /// <summary>Removes a key and closes the gap.</summary>
    public void Remove(int hash, int place, SlotPages<KeyEntry> keys)
    {
        var gap = First(hash);
        while ((_slots[gap] & PlaceMask) != (uint)place + 1)
            gap = After(gap);
        for (var slot = After(gap); _slots[slot] != 0; slot = After(slot))
        {
            // A key may move into the gap if its own first slot is not between the gap and where it stands.
            var first = First(keys[(int)(_slots[slot] & PlaceMask) - 1].Hold.Hash);
            if (((slot - first) & (_slots.Length - 1)) < ((slot - gap) & (_slots.Length - 1)))
                continue;
            _slots[gap] = _slots[slot];
            gap = slot;
        }

        _slots[gap] = 0;
        _count--;
    }

    private void Grow(SlotPages<KeyEntry> keys)
    {
        var slots = new uint[_slots.Length * 2];
        foreach (var slot in _slots)
        {
            if (slot != 0)
                Put(slots, keys[(int)(slot & PlaceMask) - 1].Hold.Hash, (int)(slot & PlaceMask) - 1);
        }

        _slots = slots;
    }

    // The highest of a hash's 31 bits: the lowest choose the slot.
    private static uint TagOf(int hash) => (uint)hash << 1 & ~(uint)PlaceMask;

    private static void Put(uint[] slots, int hash, int place)
    {
        var slot = hash & (slots.Length - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (slots.Length - 1);
        slots[slot] = TagOf(hash) | ((uint)place + 1);
    }
}
