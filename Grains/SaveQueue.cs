using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Grains;

/// <summary>
/// The keys of a silo that changed and are to be stored one interval later, in the order in which they changed: one timer for all. Each key
/// is here once at most, and is told in its own turn. Safe for many threads.
/// </summary>
internal sealed class SaveQueue : IDisposable
{
    // After a silo's start all keys are due in the same moment; told all at once, their saves would make callers wait. So few are told at a
    // time, but so many that whatever waits is told within half an interval.
    private const int FewAtOnce = 20;

    // Keys that are due so soon after each other are told together.
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(10);

    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Queue<(LimitGrain Key, long ChangedAt)> _waiting = [];

    /// <param name="interval">From a change to the save.</param>
    /// <param name="time">The clock of the interval.</param>
    public SaveQueue(TimeSpan interval, TimeProvider time)
    {
        (_interval, _time) = (interval, time);

        // Else whatever the first key's caller had in its context would live as long as the silo.
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(
                static queue => ((SaveQueue)queue!).TellDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Has a key told when the interval has passed.</summary>
    public void Add(LimitGrain key)
    {
        lock (_gate)
        {
            _waiting.Enqueue((key, _time.GetTimestamp()));
            if (_waiting.Count == 1)
                _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void TellDue()
    {
        var left = MostNow();
        while (TryTakeDue(left--, out var key))
            key.GrainContext.Scheduler.QueueAction(static key => ((LimitGrain)key).OnSaveDue(), key);
    }

    private int MostNow()
    {
        lock (_gate)
            return FewAtOnce + (int)Math.Min(_waiting.Count, _waiting.Count * 2.0 * LeastPause.Ticks / _interval.Ticks);
    }

    /// <summary>
    /// Takes the next key if it is due; else has the timer come back when it is. Not all at once under the lock: turns wait for it.
    /// </summary>
    private bool TryTakeDue(int left, [NotNullWhen(true)] out LimitGrain? key)
    {
        lock (_gate)
        {
            key = null;
            if (!_waiting.TryPeek(out var next))
                return false;
            var pause = _interval - _time.GetElapsedTime(next.ChangedAt);
            if (pause > TimeSpan.Zero || left == 0)
            {
                _timer.Change(pause > LeastPause ? pause : LeastPause, Timeout.InfiniteTimeSpan);
                return false;
            }

            key = _waiting.Dequeue().Key;
            return true;
        }
    }
}
