using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Data;

/// <summary>Tells in one line a second of requests that the database had no time for: as many as there are callers. Safe for use by many threads.</summary>
internal sealed partial class BusyLog(TimeProvider time, ILogger<BusyLog> logger)
{
    private readonly LinePace _pace = new(time);

    /// <summary>Whether a failure is the database's having no time, which is told here.</summary>
    public bool Tells(Exception failure)
    {
        if (failure is not DatabaseBusyException && !DatabaseFailure.IsConflict(failure))
            return false;
        if (_pace.IsDue(out var count))
            LogBusy(logger, count, DatabaseFailure.CauseOf(failure)?.Message ?? failure.Message);
        return true;
    }

    [LoggerMessage(EventId = 1, EventName = "DatabaseBusy", Level = LogLevel.Warning, Message = "The database had no time for {Count} requests since the last such line; they were answered 503. The last one: {Cause}")]
    private static partial void LogBusy(ILogger logger, long count, string cause);
}
