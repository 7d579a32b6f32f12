using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Logging;

/// <summary>
/// Logs engine faults, each kind at most once a second with the number of those since its last line: a flood of faults must not
/// become a flood of lines. Safe for use by many threads; takes no lock.
/// </summary>
internal sealed partial class FaultLog(TimeProvider time, ILogger logger)
{
    private readonly LogPacer[] _paces = [.. Enum.GetValues<EngineFaultKind>().Select(_ => new LogPacer(time))];

    /// <summary>Counts a fault, and logs it if its kind has been silent for a second.</summary>
    public void Report(EngineFaultKind kind, string source, string policy)
    {
        if (_paces[(int)kind].IsDue(out var count))
            LogFault(logger, kind, count, source, policy);
    }

    [LoggerMessage(
        EventId = 2, EventName = "EngineFault", Level = LogLevel.Warning,
        Message = "The engine could not decide ({Kind}), {Count} times since the last such line; source {Source}, last under policy "
            + "{Policy}.")]
    private static partial void LogFault(ILogger logger, EngineFaultKind kind, long count, string source, string policy);
}
