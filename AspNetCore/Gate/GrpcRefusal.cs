using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// A refusal as gRPC tells it: a response of trailers alone, which hold the status, the message and how long to wait
/// (<c>grpc-retry-pushback-ms</c>, as its retry design names it, beside <c>retry-after</c>). A 429 is seen by such callers as UNAVAILABLE.
/// </summary>
internal static class GrpcRefusal
{
    private const string MediaType = "application/grpc";
    private const int ResourceExhausted = 8;
    private const int Unavailable = 14;

    /// <summary>Whether a request is a gRPC call.</summary>
    public static bool IsGrpc(HttpRequest request) =>
        request.ContentType is { } type
        && type.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == MediaType.Length || type[MediaType.Length] is '+' or ';');

    /// <summary>Writes the refusal as the whole response.</summary>
    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = MediaType;
        response.Headers["grpc-status"] = (problem.Status == StatusCodes.Status429TooManyRequests ? ResourceExhausted : Unavailable)
            .ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = problem.Message;

        // Less than 0: not to be tried again.
        response.Headers["grpc-retry-pushback-ms"] = (problem.RetryAfterMs ?? -1).ToString(CultureInfo.InvariantCulture);
        return response.StartAsync(context.RequestAborted);
    }
}
