using System.Collections.Concurrent;

namespace OrleansLimiter.Core.Collections;

/// <summary>Objects that nobody holds, to be used again: so many at most. Safe for use by many threads.</summary>
/// <param name="make">Makes one where none waits.</param>
/// <typeparam name="T">What they are: as good as new when they come back.</typeparam>
internal sealed class IdlePool<T>(Func<T> make)
    where T : class
{
    /// <summary>The most that wait; what comes on top is left to the collector.</summary>
    public const int MaxIdle = 1_024;

    private readonly ConcurrentQueue<T> _idle = new();
    private T? _last; // nearly always enough where one caller asks after the other
    private int _count;

    /// <summary>How many wait.</summary>
    public int Count => Volatile.Read(ref _count) + (Volatile.Read(ref _last) is null ? 0 : 1);

    /// <summary>One that waits, or a new one.</summary>
    public T Rent()
    {
        var one = Volatile.Read(ref _last);
        if (one is not null && Interlocked.CompareExchange(ref _last, null, one) == one)
            return one;
        if (!_idle.TryDequeue(out one))
            return make();
        Interlocked.Decrement(ref _count);
        return one;
    }

    /// <summary>Takes back one that nobody holds any more.</summary>
    public void Return(T one)
    {
        if (Volatile.Read(ref _last) is null && Interlocked.CompareExchange(ref _last, one, null) is null)
            return;
        if (Interlocked.Increment(ref _count) <= MaxIdle)
            _idle.Enqueue(one);
        else
            Interlocked.Decrement(ref _count);
    }
}
