using Microsoft.AspNetCore.Diagnostics;
using OrleansLimiter.Hosting.Reading;

namespace OrleansLimiter.Hosting.Writing;

/// <summary>
/// Gives errors that the framework answers without a body a problem: an unknown path, a wrong method, no access token, a handler that
/// failed.
/// </summary>
internal static class ProblemResponses
{
    /// <summary>Adds the two middleware. They run behind routing, so routes that answer for themselves do not pass them.</summary>
    public static void UseProblems(this WebApplication app)
    {
        var known = app.Services.GetServices<IKnownFailures>().ToArray();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            SuppressDiagnosticsCallback = context => Array.Exists(known, failures => failures.Tells(context.Exception)),
            ExceptionHandler = context => context.Features.Get<IExceptionHandlerFeature>()?.Error is { } failure
                ? AnswerAsync(context, failure, known)
                : WriteAsync(context, context.Response.StatusCode),
        });
        app.UseStatusCodePages(context => WriteAsync(context.HttpContext, context.HttpContext.Response.StatusCode));
    }

    private static Task AnswerAsync(HttpContext context, Exception failure, IKnownFailures[] known)
    {
        foreach (var failures in known)
        {
            if (failures.Answer(context, failure) is { } answered)
                return answered;
        }

        return WriteAsync(context, context.Response.StatusCode);
    }

    /// <summary>Answers with a status alone.</summary>
    public static Task WriteAsync(HttpContext context, int status)
    {
        // What failed was cleared away, and with it what every answer carries.
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Replies.WriteError(context, new RequestError(status, FieldOf(status), status switch
        {
            StatusCodes.Status401Unauthorized =>
                "Authorization is missing or not good: it must be Bearer and an access token of this service that has not expired.",
            StatusCodes.Status404NotFound => "There is nothing here.",
            StatusCodes.Status405MethodNotAllowed => $"The method must be one of {context.Response.Headers.Allow}.",
            StatusCodes.Status500InternalServerError => "The service failed.",
            _ => "The request cannot be answered.",
        }));
    }

    private static string? FieldOf(int status) => status == StatusCodes.Status401Unauthorized ? "Authorization" : null;
}
