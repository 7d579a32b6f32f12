using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Service;

namespace OrleansLimiter.Hosting.Writing;

internal static class Replies
{
    /// <summary>The media type of answers.</summary>
    public const string Json = "application/json";

    /// <summary>Writes a value as the body. What it holds is for the caller alone, so nobody on the way may keep it.</summary>
    public static Task WriteJson<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type)
    {
        context.Response.Headers.CacheControl = "no-store";
        return WriteBytes(context, status, Json, JsonSerializer.SerializeToUtf8Bytes(value, type));
    }

    /// <summary>Writes bytes as the body.</summary>
    public static Task WriteBytes(HttpContext context, int status, string mediaType, byte[] body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = mediaType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>When to come again, as messages say it.</summary>
    /// <param name="seconds">In how many seconds.</param>
    public static string TryAgain(long? seconds) =>
        seconds == 1 ? "Try again in 1 second." : string.Create(CultureInfo.InvariantCulture, $"Try again in {seconds} seconds.");

    /// <summary>Writes a failure that passes: 503 with <c>Retry-After</c>.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="message">What cannot be done at the moment.</param>
    /// <param name="reason">The failure in a word; null: the message says all.</param>
    /// <param name="seconds">In how many seconds the same request makes sense again.</param>
    public static Task WriteBusy(HttpContext context, string message, string? reason = null, int seconds = 1)
    {
        return WriteProblem(context, new Problem
        {
            Type = Problem.TemporaryReducedCapacity,
            Status = StatusCodes.Status503ServiceUnavailable,
            Message = $"{message} {TryAgain(seconds)}",
            Source = context.RequestServices.GetRequiredService<LimitService>().Source,
            Reason = reason,
            RetryAfterMs = 1_000L * seconds,
        });
    }

    /// <summary>Writes a problem, with <c>Retry-After</c> where it says when to try again: whole seconds, up.</summary>
    public static Task WriteProblem(HttpContext context, Problem problem)
    {
        if (problem.RetryAfterMs is { } milliseconds && Wait.OfMicroseconds(milliseconds * 1_000).SecondsUp is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return problem.WriteAsync(context);
    }

    public static Task WriteError(HttpContext context, RequestError error)
    {
        // What was not read of a body must not be taken for the next request.
        if (error.EndsConnection)
            context.Response.Headers.Connection = "close";
        return new Problem
        {
            Status = error.Status,
            Message = error.Message,
            Field = error.Field,
        }.WriteAsync(context);
    }
}
