using Microsoft.AspNetCore.Diagnostics;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Reading;

namespace OrleansLimiter.Api.Writing;

/// <summary>Gives errors that the framework answers without a body a problem: an unknown path, a wrong method, no access token, a handler that failed.</summary>
internal static class ProblemResponses
{
    /// <summary>Adds the two middleware. They run behind routing, so routes that answer for themselves do not pass them.</summary>
    public static void UseProblems(this WebApplication app)
    {
        var busy = app.Services.GetRequiredService<BusyLog>();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            SuppressDiagnosticsCallback = context => busy.Tells(context.Exception), // an answer, and as many as there are callers
            ExceptionHandler = context => context.Features.Get<IExceptionHandlerFeature>()?.Error switch
            {
                DatabaseBusyException failure => Replies.WriteBusy(context, "The service has no time to write this at the moment; nothing was begun.", "databaseBusy", failure.RetryAfterSeconds),
                { } failure when DatabaseFailure.IsConflict(failure) => Replies.WriteBusy(context, "The database is busy with others' work at the moment.", "databaseBusy"),
                { } failure when DatabaseFailure.IsAway(failure) => Replies.WriteBusy(context, "The database cannot be used at the moment."),
                { } failure when DatabaseFailure.IsUnknownUser(failure) => WriteAsync(context, StatusCodes.Status401Unauthorized),
                _ => WriteAsync(context, context.Response.StatusCode),
            },
        });
        app.UseStatusCodePages(context => WriteAsync(context.HttpContext, context.HttpContext.Response.StatusCode));
    }

    private static Task WriteAsync(HttpContext context, int status)
    {
        // What failed was cleared away, and with it what every answer carries.
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Replies.WriteError(context, new RequestError(status, FieldOf(status), status switch
        {
            StatusCodes.Status401Unauthorized => "Authorization is missing or not good: it must be Bearer and an access token of this service that has not expired.",
            StatusCodes.Status404NotFound => "There is nothing here.",
            StatusCodes.Status405MethodNotAllowed => $"The method must be one of {context.Response.Headers.Allow}.",
            StatusCodes.Status500InternalServerError => "The service failed.",
            _ => "The request cannot be answered.",
        }));
    }

    private static string? FieldOf(int status) => status == StatusCodes.Status401Unauthorized ? "Authorization" : null;
}
