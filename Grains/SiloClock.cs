using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>
/// The silo's time for decisions: wall-clock time as it was at the start, moved on by the monotonic timer, so that it never
/// steps. Orleans' own timers do not use it. Safe for many threads.
/// </summary>
internal sealed class SiloClock(TimeProvider time)
{
    private readonly long _startMicroseconds = Instant.From(time.GetUtcNow()).Microseconds;
    private readonly long _startTimestamp = time.GetTimestamp();

    /// <summary>The instant it is.</summary>
    public Instant Now() =>
        new(_startMicroseconds + (long)((Int128)(time.GetTimestamp() - _startTimestamp) * TimeSpan.MicrosecondsPerSecond / time.TimestampFrequency));
}
