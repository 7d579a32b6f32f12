using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Ports;

/// <summary>
/// The clock of limits: wall-clock time as it was at the start, moved on by the monotonic timer, so that it never steps. A limit lasts by
/// it, and setting the machine's clock neither mints permits nor delays them. A key that another process takes over is decided by that
/// one's clock from then on: the difference of two clocks is the most that it may gain or lose. Valves have a clock that follows the
/// wall. Safe for many threads.
/// </summary>
internal sealed class MonotonicClock
{
    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly TimeProvider _time;
    private readonly long _startMicroseconds;
    private readonly long _startTimestamp;
    private readonly long _frequency;
    private readonly long _ticksPerMicrosecond;

    public MonotonicClock(TimeProvider time)
    {
        _time = time;
        _startMicroseconds = Instant.From(time.GetUtcNow()).Microseconds;
        _startTimestamp = time.GetTimestamp();
        _frequency = time.TimestampFrequency;
        _ticksPerMicrosecond = _frequency % MicrosecondsPerSecond == 0 ? _frequency / MicrosecondsPerSecond : 0;
    }

    public Instant Now()
    {
        var elapsed = _time.GetTimestamp() - _startTimestamp;
        var microseconds = _ticksPerMicrosecond != 0
            ? elapsed / _ticksPerMicrosecond
            : (long)((Int128)elapsed * MicrosecondsPerSecond / _frequency);
        return new Instant(_startMicroseconds + microseconds);
    }
}
