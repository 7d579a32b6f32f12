using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Logs engine faults, each kind at most once a second with the number of those since its last line: a flood of faults must not
/// become a flood of lines. Safe for use by many threads; takes no lock.
/// </summary>
internal sealed partial class FaultLog(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Pace[] _paces = [.. Enum.GetValues<EngineFaultKind>().Select(_ => new Pace())];

    /// <summary>Counts a fault, and logs it if its kind has been silent for a second.</summary>
    public void Report(EngineFaultKind kind, string source, string policy)
    {
        var pace = _paces[(int)kind];
        Interlocked.Increment(ref pace.Unreported);
        var last = Volatile.Read(ref pace.LastLine);
        var now = time.GetTimestamp();
        if (last != Pace.Never && time.GetElapsedTime(last, now) < Pause)
            return;
        if (Interlocked.CompareExchange(ref pace.LastLine, now, last) == last)
            LogFault(logger, kind, Interlocked.Exchange(ref pace.Unreported, 0), source, policy);
    }

    [LoggerMessage(
        EventId = 2, EventName = "EngineFault", Level = LogLevel.Warning,
        Message = "The engine could not decide ({Kind}), {Count} times since the last such line; source {Source}, last under policy {Policy}.")]
    private static partial void LogFault(ILogger logger, EngineFaultKind kind, long count, string source, string policy);

    private sealed class Pace
    {
        public const long Never = long.MinValue;

        public long LastLine = Never;
        public long Unreported;
    }
}
