using OrleansLimiter.Api.Reading;

namespace OrleansLimiter.Api.Writing;

/// <summary>Gives errors that the framework answers without a body a problem: an unknown path, a wrong method, a handler that failed.</summary>
internal static class ProblemResponses
{
    /// <summary>Adds the two middleware. They run behind routing, so routes that answer for themselves do not pass them.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => WriteAsync(context, context.Response.StatusCode),
        });
        app.UseStatusCodePages(context => WriteAsync(context.HttpContext, context.HttpContext.Response.StatusCode));
    }

    private static Task WriteAsync(HttpContext context, int status) => Replies.WriteError(context, new RequestError(status, null, status switch
    {
        StatusCodes.Status404NotFound => "There is nothing here.",
        StatusCodes.Status405MethodNotAllowed => $"The method must be one of {context.Response.Headers.Allow}.",
        StatusCodes.Status500InternalServerError => "The service failed.",
        _ => "The request cannot be answered.",
    }));
}
