using System.Buffers;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Api.Limits;

/// <summary>Writes the answers of the limit service.</summary>
internal static class LimitReplies
{
    /// <summary>Writes one answer as the body. Completes at once where the server takes the bytes at once.</summary>
    public static Task Write(HttpContext context, in LimitAnswer answer, long cost, Instant now, int status)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(AnswerText.MaxBytes);
        var length = AnswerText.Write(buffer, answer, cost, now);
        return WriteRented(context, buffer, length, status);
    }

    /// <summary>Writes the answers of a batch.</summary>
    public static Task WriteAll(HttpContext context, LimitAnswer[] answers, PreparedCall[] calls, Instant now)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((answers.Length + 1) * AnswerText.MaxBytes);
        "{\"results\":["u8.CopyTo(buffer);
        var length = "{\"results\":["u8.Length;
        for (var i = 0; i < answers.Length; i++)
        {
            if (i > 0)
                buffer[length++] = (byte)',';
            length += AnswerText.Write(buffer.AsSpan(length), answers[i], calls[i].Cost.Count, now);
        }

        "]}"u8.CopyTo(buffer.AsSpan(length));
        return WriteRented(context, buffer, length + 2, StatusCodes.Status200OK);
    }

    private static Task WriteRented(HttpContext context, byte[] buffer, int length, int status)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = Replies.Json;
        response.ContentLength = length;
        var write = response.BodyWriter.WriteAsync(buffer.AsMemory(0, length));
        if (!write.IsCompletedSuccessfully)
            return Awaited(write, buffer);
        _ = write.Result;
        ArrayPool<byte>.Shared.Return(buffer);
        return Task.CompletedTask;
    }

    private static async Task Awaited(ValueTask<System.IO.Pipelines.FlushResult> write, byte[] buffer)
    {
        await write;
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
