using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Hosting.Caching;

/// <summary>
/// What was used lately, by key: at most twice a number of entries, of which the older half is forgotten when the newer half is full; what
/// is used stays. For what can be had again. Safe for use by many threads.
/// </summary>
/// <param name="half">How many entries are kept for certain.</param>
internal sealed class RecentTable<TKey, TValue>(int half)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private volatile ConcurrentDictionary<TKey, TValue> _newer = new(); // read without the lock, written under it
    private ConcurrentDictionary<TKey, TValue> _older = new();
    private int _newerCount;

    /// <summary>How many entries there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _newer.Count + _older.Keys.Count(key => !_newer.ContainsKey(key));
        }
    }

    /// <summary>Finds an entry, which counts as a use.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_newer.TryGetValue(key, out value))
            return true;
        lock (_gate)
        {
            if (_newer.TryGetValue(key, out value))
                return true;
            if (!_older.TryGetValue(key, out value))
                return false;
            Put(key, value);
            return true;
        }
    }

    /// <summary>Finds an entry, or adds it.</summary>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        lock (_gate)
        {
            if (!_newer.TryGetValue(key, out var value))
                Put(key, value = _older.TryGetValue(key, out var older) ? older : make(key));
            return value;
        }
    }

    /// <summary>Adds an entry, or replaces it.</summary>
    public void Set(TKey key, TValue value)
    {
        lock (_gate)
            Put(key, value);
    }

    public void Remove(TKey key)
    {
        lock (_gate)
        {
            if (_newer.TryRemove(key, out _))
                _newerCount--;
            _older.TryRemove(key, out _);
        }
    }

    private void Put(TKey key, TValue value)
    {
        if (_newer.TryAdd(key, value))
            _newerCount++;
        else
            _newer[key] = value;
        if (_newerCount >= half)
            (_older, _newer, _newerCount) = (_newer, new(), 0);
    }
}
