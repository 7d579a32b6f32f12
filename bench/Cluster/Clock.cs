using System.Diagnostics;

namespace OrleansLimiter.ClusterBench;

/// <summary>
/// Microseconds from a start that may lie ahead. The machine's wall clock is read once, so that marks of other programs can be
/// placed; after that the monotonic clock counts.
/// </summary>
internal sealed class Clock
{
    private readonly long _start;

    public Clock(TimeSpan startsIn)
    {
        _start = Stopwatch.GetTimestamp() + (long)(startsIn.TotalSeconds * Stopwatch.Frequency);
        StartedAt = DateTimeOffset.UtcNow + startsIn;
    }

    public DateTimeOffset StartedAt { get; }

    public long Now => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <summary>An instant in Unix milliseconds, as microseconds from the start.</summary>
    public static long Since(DateTimeOffset start, long unixMs) =>
        (DateTimeOffset.FromUnixTimeMilliseconds(unixMs) - start).Ticks / TimeSpan.TicksPerMicrosecond;
}
