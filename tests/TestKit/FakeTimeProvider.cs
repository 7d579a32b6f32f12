namespace OrleansLimiter.TestKit;

/// <summary>
/// The one fake clock of the tests: it stands still until told to move, may be told to step back, and fires timers
/// that fall due while it moves forward. One tick of <see cref="GetTimestamp"/> is 100 ns. Safe for use by many threads;
/// timer callbacks run on the thread that moves the clock.
/// </summary>
/// <remarks>
/// Where a test only moves time forward, and no callback looks at the clock, Microsoft.Extensions.TimeProvider.Testing's class of this name
/// serves and is used. This one is for the rest: there a clock cannot step back or jump over a period's ticks, all callbacks of one
/// <c>Advance</c> see its last instant, <c>AdjustTime</c> moves the timestamp too, so that wall and stopwatch cannot move apart, and nobody
/// can ask what is due.
/// </remarks>
public sealed class FakeTimeProvider : TimeProvider
{
    /// <summary>Where the clock starts unless told otherwise: a round instant in 2026.</summary>
    public static readonly DateTimeOffset DefaultStart = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly List<FakeTimer> _timers = [];
    private DateTimeOffset _now;
    private TimeSpan _wallOffset;

    /// <summary>Creates a clock that stands at <paramref name="start"/>.</summary>
    /// <param name="start">The first instant; <see cref="DefaultStart"/> if left out.</param>
    public FakeTimeProvider(DateTimeOffset? start = null) => _now = start ?? DefaultStart;

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _now + _wallOffset;
    }

    /// <inheritdoc />
    public override long GetTimestamp()
    {
        lock (_gate)
            return _now.Ticks;
    }

    /// <summary>Sets the wall clock forward or back, as an operator or NTP does: timers and the timestamp do not notice.</summary>
    /// <param name="step">By how much; may be negative.</param>
    public void StepWall(TimeSpan step)
    {
        lock (_gate)
            _wallOffset += step;
    }

    /// <summary>Moves the clock by <paramref name="step"/>, which may be negative, firing what falls due on the way.</summary>
    /// <param name="step">How far to move.</param>
    public void Advance(TimeSpan step) => SetUtcNow(GetUtcNow() + step);

    /// <summary>Moves the clock to <paramref name="instant"/>, forward or back, firing what falls due on the way.</summary>
    /// <param name="instant">Where the clock shall stand.</param>
    public void SetUtcNow(DateTimeOffset instant)
    {
        instant -= WallOffset;
        while (true)
        {
            FakeTimer? due;
            lock (_gate)
            {
                due = _timers.Where(timer => timer.DueAt <= instant).MinBy(timer => timer.DueAt);
                _now = due is null ? instant : Max(_now, due.DueAt);
                due?.Rearm();
            }

            if (due is null)
                return;
            due.Fire();
        }
    }

    /// <summary>Whether something waits for exactly this long yet: for tests that move the clock once somebody waits for it.</summary>
    /// <param name="wait">How long from now.</param>
    /// <returns>Whether a timer is due then.</returns>
    public bool IsDueIn(TimeSpan wait)
    {
        lock (_gate)
            return _timers.Any(timer => timer.DueAt == _now + wait);
    }

    /// <summary>
    /// Moves the clock to <paramref name="instant"/> at once, as a machine that slept: a periodic timer that fell due many
    /// times on the way fires once.
    /// </summary>
    /// <param name="instant">Where the clock shall stand.</param>
    public void JumpTo(DateTimeOffset instant)
    {
        FakeTimer[] due;
        lock (_gate)
        {
            instant -= _wallOffset;
            _now = instant;
            due = [.. _timers.Where(timer => timer.DueAt <= instant)];
            foreach (var timer in due)
                timer.RearmAfter(instant);
        }

        foreach (var timer in due)
            timer.Fire();
    }

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private TimeSpan WallOffset
    {
        get
        {
            lock (_gate)
                return _wallOffset;
        }
    }

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private sealed class FakeTimer(FakeTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset DueAt { get; private set; } = DateTimeOffset.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                _period = period;
                DueAt = owner._now + dueTime;
                owner._timers.Add(this);
                return true;
            }
        }

        public void Rearm()
        {
            if (_period > TimeSpan.Zero)
                DueAt += _period;
            else
                owner._timers.Remove(this);
        }

        public void RearmAfter(DateTimeOffset instant)
        {
            if (_period > TimeSpan.Zero)
                DueAt += _period * (1 + (instant - DueAt).Ticks / _period.Ticks);
            else
                owner._timers.Remove(this);
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (owner._gate)
                owner._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
