using System.Diagnostics;

namespace OrleansLimiter.SaleBench;

/// <summary>Microseconds of the monotonic clock, from a start that all share.</summary>
internal static class Clock
{
    private static readonly long Start = Stopwatch.GetTimestamp();

    public static long Now => (long)Stopwatch.GetElapsedTime(Start).TotalMicroseconds;

    /// <summary>
    /// An instant of the wall clock on this one. The service tells openings by its wall clock; where that is another machine's, waits shift
    /// by the difference.
    /// </summary>
    public static long Of(DateTimeOffset instant) => Now + ((instant - DateTimeOffset.UtcNow).Ticks / TimeSpan.TicksPerMicrosecond);
}
