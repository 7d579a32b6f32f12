using OrleansLimiter.Logging;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// Tells in one line a second each of requests that the database had no time for, and of those that it could not be used for: as many as
/// there are callers. Safe for use by many threads.
/// </summary>
internal sealed partial class BusyLog(TimeProvider time, ILogger<BusyLog> logger)
{
    private readonly LogPacer _pace = new(time);
    private readonly LogPacer _awayPace = new(time);

    /// <summary>Whether a failure is the database's having no time, or its being away, which is told here.</summary>
    public bool Tells(Exception failure)
    {
        var isBusy = failure is DatabaseBusyException || DatabaseFailure.IsConflict(failure);
        if (!isBusy && !DatabaseFailure.IsAway(failure))
            return false;
        var cause = DatabaseFailure.CauseOf(failure)?.Message ?? failure.Message;
        if (isBusy && _pace.IsDue(out var busy))
            LogBusy(logger, busy, cause);
        else if (!isBusy && _awayPace.IsDue(out var away))
            LogAway(logger, away, cause);
        return true;
    }

    [LoggerMessage(EventId = 1, EventName = "DatabaseBusy", Level = LogLevel.Warning,
        Message = "The database had no time for {Count} requests since the last such line; they were answered 503. The last one: {Cause}")]
    private static partial void LogBusy(ILogger logger, long count, string cause);

    [LoggerMessage(EventId = 2, EventName = "DatabaseAway", Level = LogLevel.Warning,
        Message =
            "The database could not be used for {Count} requests since the last such line; they were answered 503. The last one: {Cause}")]
    private static partial void LogAway(ILogger logger, long count, string cause);
}
