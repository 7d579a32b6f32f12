using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// Answers requests that the database had no time for, or that it could not be used for: 503, as many as there are callers.
/// </summary>
internal sealed class DatabaseFailures(BusyLog log) : IKnownFailures
{
    public bool Tells(Exception failure) => log.Tells(failure);

    public Task? Answer(HttpContext context, Exception failure) => failure switch
    {
        DatabaseBusyException busy => Replies.WriteBusy(
            context, "The service has no time to write this at the moment; nothing was begun.", "databaseBusy", busy.RetryAfterSeconds),
        _ when DatabaseFailure.IsConflict(failure) =>
            Replies.WriteBusy(context, "The database is busy with others' work at the moment.", "databaseBusy"),
        _ when DatabaseFailure.IsAway(failure) => Replies.WriteBusy(context, "The database cannot be used at the moment."),
        _ when DatabaseFailure.IsUnknownUser(failure) => ProblemResponses.WriteAsync(context, StatusCodes.Status401Unauthorized),
        _ => null,
    };
}
