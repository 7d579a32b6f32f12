using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.TestKit;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>
/// The log as a target: what callers write does not get into it, and how much they cause is bounded. The clock stands still, so one line of
/// a kind is all there may be.
/// </summary>
public sealed class LogFloodTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST /limit/incr")]
    [InlineData("POST /limit/batch")]
    [InlineData("POST /auth/login")]
    [InlineData("POST /auth/signup")]
    [InlineData("POST /ticket/pay-ticket")]
    [InlineData("POST /nothing")]
    [InlineData("GET /sales")]
    public async Task Clients_that_go_away_in_the_middle_of_a_body_write_no_error(string request)
    {
        await LeaveAsync(request, new LingerOption(true, 0)); // resets
        await LeaveAsync(request, new LingerOption(false, 0)); // ends
    }

    [Fact]
    public void Of_the_frameworks_lines_one_of_a_kind_passes_in_a_second_and_tells_of_the_rest()
    {
        var (lines, clock) = (new LogLines(), new FakeTimeProvider());
        using var factory = new PacedLoggerFactory(
            LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(lines)), clock);
        var kestrel = factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
        var own = factory.CreateLogger("OrleansLimiter.Api");

        for (var i = 0; i < 3; i++)
        {
            kestrel.Log(LogLevel.Error, new EventId(13), "failed", null, static (text, _) => text);
            kestrel.Log(LogLevel.Debug, new EventId(13), "detail", null, static (text, _) => text);
            own.Log(LogLevel.Error, new EventId(13), "own", null, static (text, _) => text);
        }

        kestrel.Log(LogLevel.Error, new EventId(14), "another kind", null, static (text, _) => text);
        clock.Advance(TimeSpan.FromSeconds(1));
        kestrel.Log(LogLevel.Error, new EventId(13), "failed", null, static (text, _) => text);

        Assert.Equal(["failed", "another kind", "failed (3 like this since the last such line)"], TextsOf(lines, "Error Microsoft"));
        Assert.Equal(3, TextsOf(lines, "Debug Microsoft").Count());
        Assert.Equal(3, TextsOf(lines, "Error OrleansLimiter").Count());
    }

    [Fact]
    public void An_exception_is_told_unless_it_only_says_what_a_client_did()
    {
        var (lines, clock) = (new LogLines(), new FakeTimeProvider());
        using var factory = new PacedLoggerFactory(LoggerFactory.Create(logging => logging.AddProvider(lines)), clock);
        var kestrel = factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel");

        kestrel.Log(LogLevel.Error, new EventId(1), "failed", new Microsoft.AspNetCore.Connections.ConnectionResetException("planted"),
            static (text, _) => text);
        kestrel.Log(LogLevel.Error, new EventId(2), "failed", new InvalidOperationException("a fault of ours"), static (text, _) => text);

        Assert.Equal(["failed System.InvalidOperationException: a fault of ours"], TextsOf(lines, "Error"));
    }

    private static async Task LeaveAsync(string request, LingerOption ending)
    {
        using var service = new TestService();
        var before = service.Log.Lines.Count;
        for (var i = 0; i < 10; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = ending };
            await socket.ConnectAsync(IPAddress.Loopback, service.Port, Cancellation);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"{request} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"),
                Cancellation);
            if (i % 2 == 0)
                await socket.ReceiveAsync(new byte[512], Cancellation); // the service has begun to read, or has answered
            await socket.SendAsync("{\"key\":"u8.ToArray(), Cancellation);
        }

        using var client = service.Connect();
        await Eventually.TrueAsync("all of them over", async () => (await client.GetStringAsync("/metrics", Cancellation))
            .Contains("orleanslimiter_http_connections{listener=\"public\"} 1\n", StringComparison.Ordinal), Cancellation);
        Assert.DoesNotContain(service.Log.Lines.Skip(before), line => line.StartsWith("Error", StringComparison.Ordinal)
            || line.StartsWith("Critical", StringComparison.Ordinal) || line.Contains("Exception:", StringComparison.Ordinal));
        Assert.True(service.Log.Lines.Count - before <= 2, string.Join('\n', service.Log.Lines.Skip(before)));
    }

    private static IEnumerable<string> TextsOf(LogLines lines, string start) => lines.Lines
        .Where(line => line.StartsWith(start, StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..line.LastIndexOf('[')].TrimEnd());
}
