using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Core.Algorithms.Concurrency;

/// <summary>The places that a concurrency limit gave out, soonest expiry first. Owned by one key.</summary>
internal sealed class LeaseTable
{
    /// <summary>What a table with its first place takes.</summary>
    public const int FirstBytes = OwnBytes + KeyWeight.ArrayHeader + FirstSize * EntryBytes;

    private const int FirstSize = 4; // the list's own
    private const int EntryBytes = 32;
    private const int OwnBytes = KeyWeight.ObjectHeader + KeyWeight.Reference + KeyWeight.ObjectHeader + 2 * KeyWeight.Reference;

    private readonly List<Entry> _entries = [];

    /// <summary>What it takes of memory.</summary>
    public int Bytes => OwnBytes + (_entries.Capacity == 0 ? 0 : KeyWeight.ArrayHeader + _entries.Capacity * EntryBytes);

    /// <summary>How many entries there are, expired ones included.</summary>
    public int Count => _entries.Count;

    /// <summary>The entry <paramref name="index"/> places after the one that expires soonest.</summary>
    public Entry this[int index] => _entries[index];

    /// <summary>
    /// How many bytes more it may take with one more place: none where there is room for one, or will be because the first has expired.
    /// </summary>
    public int GrowthByOne(long now) => _entries.Count < _entries.Capacity || (_entries.Count > 0 && _entries[0].Expiry <= now)
        ? 0
        : Math.Max(FirstSize, _entries.Capacity) * EntryBytes + (_entries.Capacity == 0 ? KeyWeight.ArrayHeader : 0);

    public void DropExpired(long now)
    {
        var expired = 0;
        while (expired < _entries.Count && _entries[expired].Expiry <= now)
            expired++;
        _entries.RemoveRange(0, expired);
    }

    /// <summary>Adds a place, keeping the order of expiry; equal ones in the order of coming.</summary>
    public void Add(Entry entry)
    {
        var place = _entries.Count;
        while (place > 0 && _entries[place - 1].Expiry > entry.Expiry)
            place--;
        _entries.Insert(place, entry);
    }

    /// <summary>Whether there is a place of that name.</summary>
    public bool Has(LeaseId id) => _entries.Exists(entry => entry.Id == id);

    /// <summary>Whether there is a place of that name that has not expired.</summary>
    public bool Holds(LeaseId id, long now) => _entries.Exists(entry => entry.Id == id && entry.Expiry > now);

    /// <summary>Has the place of that name expire at another instant, unless that is sooner.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Renew(LeaseId id, long expiry)
    {
        var place = _entries.FindIndex(entry => entry.Id == id);
        if (place < 0)
            return false;
        var renewed = _entries[place] with { Expiry = Math.Max(_entries[place].Expiry, expiry) };
        _entries.RemoveAt(place);
        Add(renewed);
        return true;
    }

    /// <summary>Removes the place of that name.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(LeaseId id)
    {
        for (var place = 0; place < _entries.Count; place++)
        {
            if (_entries[place].Id != id)
                continue;
            _entries.RemoveAt(place);
            return true;
        }

        return false;
    }

    public readonly record struct Entry(LeaseId Id, long Permits, long Expiry);
}
