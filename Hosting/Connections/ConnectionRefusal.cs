using System.Buffers;
using Microsoft.AspNetCore.Connections;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>
/// Turns away a connection that found no place: whoever sends a request at once is answered 503, whoever does not is cut off. Only a few
/// wait for that request, for a moment; with more of them a connection is closed without a word, so that refusals need few descriptors too.
/// Safe for use by many threads.
/// </summary>
internal sealed class ConnectionRefusal(TimeProvider time)
{
    /// <summary>The most that are answered at a time.</summary>
    public const int MostAnswered = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private static readonly byte[] Answer = MakeAnswer();
    private int _answered;

    /// <summary>Turns it away. The connection is closed when this completes, or soon after where it is answered.</summary>
    public async ValueTask RefuseAsync(ConnectionContext connection)
    {
        if (Interlocked.Increment(ref _answered) <= MostAnswered)
        {
            _ = AnswerAsync(connection); // those that come behind it must not wait for it
            return;
        }

        Interlocked.Decrement(ref _answered);
        await CloseAsync(connection);
    }

    private async Task AnswerAsync(ConnectionContext connection)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            var read = await connection.Transport.Input.ReadAsync(patience.Token);
            if (IsHttp1(read.Buffer))
            {
                // What was read must not be left in the socket: closing it then would throw the answer away.
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                await connection.Transport.Output.WriteAsync(Answer, patience.Token);
                await connection.Transport.Output.CompleteAsync();
            }
        }
        catch (Exception failure) when (
            failure is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It said nothing, or went away: there is nobody to answer.
        }
        finally
        {
            await CloseAsync(connection);
            Interlocked.Decrement(ref _answered);
        }
    }

    private static async ValueTask CloseAsync(ConnectionContext connection)
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // It is closed.
        }
    }

    /// <summary>Whether a request has begun that can be answered in text: HTTP/2 begins with <c>PRI</c>.</summary>
    private static bool IsHttp1(ReadOnlySequence<byte> begun) => begun.Length > 0 && !begun.FirstSpan.StartsWith("PRI"u8);

    private static byte[] MakeAnswer()
    {
        var body = new Problem
        {
            Type = Problem.TemporaryReducedCapacity,
            Status = StatusCodes.Status503ServiceUnavailable,
            Message = "Too many connections are open. Try again in 1 second.",
            Reason = "tooManyConnections",
            RetryAfterMs = 1_000,
        }.ToUtf8();
        var head = string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"HTTP/1.1 503 Service Unavailable\r\nContent-Length: {body.Length}\r\n");
        var rest = "Content-Type: application/problem+json\r\nConnection: close\r\nCache-Control: no-store\r\n"
            + "Retry-After: 1\r\nX-Content-Type-Options: nosniff\r\n\r\n";
        return [.. System.Text.Encoding.ASCII.GetBytes(head + rest), .. body];
    }
}
