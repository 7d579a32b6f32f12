using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// The silo's time for decisions: wall-clock time as it was at the start, moved on by the monotonic timer, so that it never
/// steps: a limit lasts by it, and a wall clock that is set changes none. A key that another silo takes over is decided by that silo's
/// clock from then on, so that of two silos' clocks the difference is the most that it may gain or lose. Orleans' own timers do not use it,
/// nor do the valves. Safe for many threads.
/// </summary>
internal sealed class SiloClock(TimeProvider time)
{
    private readonly long _startMicroseconds = Instant.From(time.GetUtcNow()).Microseconds;
    private readonly long _startTimestamp = time.GetTimestamp();

    public Instant Now() =>
        new(_startMicroseconds + (long)(
            (Int128)(time.GetTimestamp() - _startTimestamp) * TimeSpan.MicrosecondsPerSecond / time.TimestampFrequency));
}
