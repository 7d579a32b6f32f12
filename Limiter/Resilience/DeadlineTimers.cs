using System.Collections.Concurrent;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Cancellation sources with their timers, used again and again where the clock is the system's: the runtime knows of its own timers alone
/// whether they have run out. Safe for use by many threads.
/// </summary>
internal sealed class DeadlineTimers(TimeProvider time)
{
    private const int MaxIdle = 256;

    private readonly ConcurrentQueue<CancellationTokenSource> _idle = new();

    /// <summary>How many wait to be used.</summary>
    public int Idle => _idle.Count;

    /// <summary>A source whose timer is not running.</summary>
    public CancellationTokenSource Rent() =>
        _idle.TryDequeue(out var source) ? source : new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);

    /// <summary>Takes a source back that no call uses any more, unless it was cancelled.</summary>
    public void Return(CancellationTokenSource source)
    {
        // TryReset stops the system's timer, but not another clock's.
        if (time != TimeProvider.System)
            source.CancelAfter(Timeout.InfiniteTimeSpan);
        if (source.TryReset() && _idle.Count < MaxIdle)
            _idle.Enqueue(source);
        else
            source.Dispose();
    }
}
