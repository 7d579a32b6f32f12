using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace OrleansLimiter.Hosting.Reading;

/// <summary>Reads the body of a request as a whole, within the bounds of the wire contract, and hands it over as one span.</summary>
internal static class JsonBody
{
    /// <summary>The largest body, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>
    /// The most bytes that the server reads for a body: its own count includes the framing, at most seven bytes for each one sent as a
    /// chunk.
    /// </summary>
    public const int MaxFramedBytes = 8 * MaxBytes;

    private static readonly RequestError TooLarge = new(
        StatusCodes.Status413PayloadTooLarge, null, "The body is too large: it must be at most 65,536 bytes.")
    {
        EndsConnection = true,
    };

    private static readonly RequestError Unreadable = TooLarge with
    {
        Field = "body",
        Message = "body could not be read: it must be framed as HTTP says, whole, and arrive in time.",
    };

    /// <summary>What to do with a body.</summary>
    /// <typeparam name="T">What it is turned into.</typeparam>
    /// <param name="json">The whole body; not valid afterwards.</param>
    /// <param name="value">The value, if there is no error.</param>
    /// <returns>What is wrong; null if nothing is.</returns>
    public delegate RequestError? Parser<T>(ReadOnlySpan<byte> json, out T value);

    /// <summary>Reads the body if all of it has arrived, without waiting.</summary>
    /// <param name="request">The request, whose header is known to be right (<see cref="ErrorInHeader"/>).</param>
    /// <param name="parse">What to do with the body.</param>
    /// <param name="value">What it was turned into, if there is no error.</param>
    /// <param name="error">What is wrong; null if nothing is.</param>
    /// <returns>Whether it was read; if not, nothing was consumed.</returns>
    public static bool TryRead<T>(HttpRequest request, Parser<T> parse, [MaybeNull] out T value, out RequestError? error)
    {
        value = default;
        error = null;
        ReadResult result;
        try
        {
            if (!request.BodyReader.TryRead(out result))
                return false;
        }
        catch (IOException)
        {
            // A body that cannot be read: the other way meets it again, and says so.
            return false;
        }

        if (!result.IsCompleted || result.IsCanceled)
        {
            request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
            return false;
        }

        error = Parse(result.Buffer, parse, out value);
        request.BodyReader.AdvanceTo(result.Buffer.End);
        return true;
    }

    /// <summary>Reads the body, waiting for what has not arrived.</summary>
    /// <param name="request">The request, whose header is known to be right (<see cref="ErrorInHeader"/>).</param>
    /// <param name="parse">What to do with the body.</param>
    /// <returns>The value, or what is wrong.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public static async ValueTask<(T? Value, RequestError? Error)> ReadAsync<T>(HttpRequest request, Parser<T> parse)
    {
        try
        {
            while (true)
            {
                // Not under the request's token: the server itself ends the read of a client that went away.
                var result = await request.BodyReader.ReadAsync(CancellationToken.None);
                if (result.IsCompleted || result.Buffer.Length > MaxBytes)
                {
                    var error = Parse(result.Buffer, parse, out var value);
                    request.BodyReader.AdvanceTo(result.Buffer.End);
                    return (value, error);
                }

                request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        catch (IOException broken)
        {
            ThrowIfGone(request.HttpContext);

            // The server's own complaint: a chunk that is none, a body that is too large or too slow. Some come without a status.
            var status = (broken as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
            return (default, status == StatusCodes.Status413PayloadTooLarge ? TooLarge : Unreadable with { Status = status });
        }
    }

    /// <summary>
    /// A client that went away is answered nothing. Its connection must not be read again: the server would find its own read of the body
    /// under way there, and log that.
    /// </summary>
    private static void ThrowIfGone(HttpContext context)
    {
        if (!context.RequestAborted.IsCancellationRequested)
            return;
        context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        throw new OperationCanceledException(context.RequestAborted);
    }

    /// <summary>Looks at the request's header, then reads the body, waiting for what has not arrived.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reader">Which fields there may be.</param>
    /// <returns>The fields as far as they were read, and what is wrong; null if nothing is.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public static async ValueTask<(BodyValues Values, RequestError? Error)> ReadFieldsAsync(HttpRequest request, BodyReader reader)
    {
        if (ErrorInHeader(request) is { } wrongHeader)
            return (new BodyValues(), wrongHeader);
        var (values, error) = await ReadAsync<BodyValues>(request, reader.Read);
        return (values ?? new BodyValues(), error);
    }

    /// <summary>
    /// What is wrong with a request before its body is looked at: no body, a media type that is not JSON, or too many bytes announced.
    /// </summary>
    public static RequestError? ErrorInHeader(HttpRequest request)
    {
        var length = request.ContentLength;
        if (length == 0 || (length is null
            && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }))
            return new RequestError(StatusCodes.Status400BadRequest, "body", "body is missing: it must be a JSON object.");
        if (!IsJson(request.ContentType) || request.Headers.ContentEncoding.Count > 0)
            return new RequestError(
                StatusCodes.Status415UnsupportedMediaType, "Content-Type", "The body must be application/json in UTF-8, not compressed.");
        return length > MaxBytes ? TooLarge : null;
    }

    private static bool IsJson(string? contentType)
    {
        if (contentType == "application/json")
            return true;
        return MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
            && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }

    private static RequestError? Parse<T>(in ReadOnlySequence<byte> body, Parser<T> parse, [MaybeNull] out T value)
    {
        value = default;
        if (body.Length > MaxBytes)
            return TooLarge;
        if (body.IsSingleSegment)
            return parse(body.FirstSpan, out value);
        var whole = ArrayPool<byte>.Shared.Rent((int)body.Length);
        body.CopyTo(whole);
        var error = parse(whole.AsSpan(0, (int)body.Length), out value);
        ArrayPool<byte>.Shared.Return(whole);
        return error;
    }
}
