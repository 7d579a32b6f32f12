using System.Collections.Concurrent;

namespace OrleansLimiter.Resilience;

/// <summary>Calls that have ended, to be used again: so many at most. Safe for use by many threads.</summary>
/// <param name="make">Makes one where none waits.</param>
internal sealed class RemoteCallPool(Func<RemoteCall> make)
{
    private const int MaxIdle = 1_024;

    private readonly ConcurrentQueue<RemoteCall> _idle = new();
    private RemoteCall? _last; // nearly always enough where one caller asks after the other
    private int _count;

    /// <summary>How many wait.</summary>
    public int Idle => Volatile.Read(ref _count) + (Volatile.Read(ref _last) is null ? 0 : 1);

    public RemoteCall Rent()
    {
        var call = Volatile.Read(ref _last);
        if (call is not null && Interlocked.CompareExchange(ref _last, null, call) == call)
            return call;
        if (!_idle.TryDequeue(out call))
            return make();
        Interlocked.Decrement(ref _count);
        return call;
    }

    /// <summary>Takes back a call that nobody holds any more.</summary>
    public void Return(RemoteCall call)
    {
        if (Volatile.Read(ref _last) is null && Interlocked.CompareExchange(ref _last, call, null) is null)
            return;
        if (Interlocked.Increment(ref _count) <= MaxIdle)
            _idle.Enqueue(call);
        else
            Interlocked.Decrement(ref _count);
    }
}
