namespace OrleansLimiter.Resilience;

/// <summary>
/// Calls in the order in which they fall due, and one timer for the first of them. A call that ends in time leaves the line and the timer
/// alone: when that runs out it finds who is first then. With no call under way the timer does not run, and nothing holds on to the line.
/// Safe for use by many threads.
/// </summary>
internal sealed class DeadlineLine
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _deadline;
    private readonly long _deadlineTicks;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private RemoteCall? _first;
    private RemoteCall? _last;
    private bool _isTimed;

    /// <param name="deadline">How long every call has.</param>
    /// <param name="time">The clock.</param>
    public DeadlineLine(TimeSpan deadline, TimeProvider time)
    {
        (_deadline, _time) = (deadline, time);
        _deadlineTicks = (long)Math.Ceiling(deadline.TotalSeconds * time.TimestampFrequency);
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(
                static line => ((DeadlineLine)line!).GiveUpDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A call begins.</summary>
    public void Add(RemoteCall call)
    {
        lock (_gate)
        {
            // Read under the lock: who comes later falls due later.
            call.DueAt = _time.GetTimestamp() + _deadlineTicks;
            (call.Line, call.Before, call.After) = (this, _last, null);
            if (_last is null)
                _first = call;
            else
                _last.After = call;
            _last = call;
            if (!_isTimed)
                Time(_deadline);
        }
    }

    /// <summary>A call has ended.</summary>
    /// <returns>Whether nobody is about to give it up: it may be used again.</returns>
    public bool Remove(RemoteCall call)
    {
        lock (_gate)
        {
            if (call.Line is null)
                return false;
            Unlink(call);
            return true;
        }
    }

    private void GiveUpDue()
    {
        // Chained by what comes after them; none has a line any more.
        var due = TakeDue();
        while (due is not null)
        {
            var next = due.After;
            due.After = null;

            // Who waited goes on in the call's end: one such may take its time, and the others are as late. Another clock than the system's
            // is moved by somebody who wants to see what that does.
            if (next is null || _time != TimeProvider.System)
                due.GiveUp();
            else
                ThreadPool.UnsafeQueueUserWorkItem(static call => call.GiveUp(), due, preferLocal: false);
            due = next;
        }
    }

    private RemoteCall? TakeDue()
    {
        lock (_gate)
        {
            _isTimed = false;
            var now = _time.GetTimestamp();
            var (first, last) = ((RemoteCall?)null, (RemoteCall?)null);
            while (_first is { } call && call.DueAt <= now)
            {
                Unlink(call);
                if (last is null)
                    first = call;
                else
                    last.After = call;
                last = call;
            }

            if (_first is not null)
                Time(Left(_first.DueAt - now));
            return first;
        }
    }

    private void Unlink(RemoteCall call)
    {
        if (call.Before is null)
            _first = call.After;
        else
            call.Before.After = call.After;
        if (call.After is null)
            _last = call.Before;
        else
            call.After.Before = call.Before;
        (call.Line, call.Before, call.After) = (null, null, null);
    }

    private void Time(TimeSpan wait)
    {
        _isTimed = true;
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Left(long ticks)
    {
        var left = (double)ticks / _time.TimestampFrequency;

        // The system's timers drop parts of a millisecond, and would run out too soon again and again.
        return _time == TimeProvider.System
            ? TimeSpan.FromMilliseconds(Math.Ceiling(left * 1_000))
            : TimeSpan.FromTicks((long)Math.Ceiling(left * TimeSpan.TicksPerSecond));
    }
}
