using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Core.Algorithms.SlidingWindowLog;

/// <summary>
/// When permits were admitted, oldest first, equal instants merged: a ring that grows to what its key needs. Owned by one key.
/// </summary>
internal sealed class InstantLog
{
    /// <summary>What a log with its first entry takes.</summary>
    public const int FirstBytes = OwnBytes + KeyWeight.ArrayHeader + FirstSize * EntryBytes;

    private const int FirstSize = 4;
    private const int EntryBytes = 16;
    private const int OwnBytes = KeyWeight.ObjectHeader + KeyWeight.Reference + 16;

    private Entry[] _ring = [];
    private int _head;

    /// <summary>What it takes of memory.</summary>
    public int Bytes => OwnBytes + (_ring.Length == 0 ? 0 : KeyWeight.ArrayHeader + _ring.Length * EntryBytes);

    /// <summary>How many entries there are.</summary>
    public int Count { get; private set; }

    /// <summary>The permits of all entries.</summary>
    public long Permits { get; private set; }

    /// <summary>The entry <paramref name="index"/> places after the oldest.</summary>
    public Entry this[int index] => _ring[Place(index)];

    /// <summary>
    /// How many bytes more it may take with one more entry: none where there is a place, or will be because the oldest no longer counts.
    /// </summary>
    /// <param name="expired">What was admitted then or earlier no longer counts.</param>
    public int GrowthByOne(long expired) => Count < _ring.Length || (Count > 0 && this[0].Instant <= expired)
        ? 0
        : Math.Max(FirstSize, _ring.Length) * EntryBytes + (_ring.Length == 0 ? KeyWeight.ArrayHeader : 0);

    public void DropOldest(int count)
    {
        for (var i = 0; i < count; i++)
            Permits -= this[i].Permits;
        _head = Place(count);
        Count -= count;
    }

    /// <summary>Adds permits at the newest instant or after it.</summary>
    public void Add(long instant, long permits)
    {
        Permits += permits;
        if (Count > 0 && this[Count - 1].Instant == instant)
        {
            _ring[Place(Count - 1)] = new Entry(instant, this[Count - 1].Permits + permits);
            return;
        }

        if (Count == _ring.Length)
            Grow();
        _ring[Place(Count++)] = new Entry(instant, permits);
    }

    /// <summary>Takes permits from the newest entries.</summary>
    public void TakeFromNewest(long permits)
    {
        Permits -= permits;
        while (permits > 0)
        {
            var newest = this[Count - 1];
            if (newest.Permits > permits)
            {
                _ring[Place(Count - 1)] = newest with { Permits = newest.Permits - permits };
                return;
            }

            permits -= newest.Permits;
            Count--;
        }
    }

    private int Place(int index)
    {
        var place = _head + index;
        return place < _ring.Length ? place : place - _ring.Length;
    }

    private void Grow()
    {
        var larger = new Entry[Math.Max(FirstSize, _ring.Length * 2)];
        for (var i = 0; i < Count; i++)
            larger[i] = this[i];
        _ring = larger;
        _head = 0;
    }

    /// <summary>Permits admitted at one instant.</summary>
    public readonly record struct Entry(long Instant, long Permits);
}
