using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansLimiter.AbuseBench.Http;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>What callers can write into the log, and how much.</summary>
internal sealed class LogsAttack : IAttack
{
    private const int DefaultSeconds = 10;
    private const int Connections = 8;
    private const int LongestLine = 400;
    private const string Planted = "planted-by-a-stranger";

    /// <inheritdoc />
    public string Name => "logs";

    /// <inheritdoc />
    public string Summary =>
        "junk bearers, 12 kB key ids, resets in mid-body: at most one short line per kind and second, none with the sender's text";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var duration = run.Duration(DefaultSeconds);
        var log = service.FrontEnd.LogBytes;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(duration);
        using var caller = new Caller(service.Url, connections: Connections);
        var header = Convert.ToBase64String(
            Encoding.ASCII.GetBytes($$"""{"alg":"HS256","typ":"at+jwt","kid":"{{new string('k', 8_000)}}{{Planted}}"}""")).TrimEnd('=');
        string[] bearers = [Planted, $"{Planted}.{Planted}.{Planted}", $"{header}.e30.{Planted}"];
        var crowd = await Crowd.RunAsync(Connections, async (attacker, number) =>
        {
            if (attacker == 0)
                return await ResetAsync(service.Url.Port, over.Token);
            return attacker == 1
                ? await caller.GetAsync($"/limit/check?key={Planted}&{Planted}=1", over.Token, ("X-Api-Key", Planted))
                : await caller.GetAsync("/ticket/receipts", over.Token, ("Authorization", $"Bearer {bearers[number % bearers.Length]}"));
        }, over.Token);

        var lines = service.FrontEnd.LogFrom(log);
        run.Findings.Tell("hostile requests", $"{crowd.Count}: {crowd.Statuses()}");
        run.Findings.Tell("bytes of log", $"{service.FrontEnd.LogBytes - log}");
        // two kinds, which the console writes on two lines each
        run.Findings.AtMost("lines of log per second", lines.Length / duration.TotalSeconds, 6, "lines");
        run.Findings.AtMost("the longest line", lines.Select(line => line.Length).DefaultIfEmpty().Max(), LongestLine, "characters");
        run.Findings.Equal("lines with the sender's text", lines.Count(line => line.Contains(Planted, StringComparison.Ordinal)), 0);
        run.Findings.Equal("lines with a stack", lines.Count(line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal)), 0);
    }

    private static async Task<Answer> ResetAsync(int port, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            LingerState = new LingerOption(true, 0),
        };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"POST /limit/incr HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                + $"100\r\n\r\n{{\"key\":\"{Planted}"), SocketFlags.None, cancellation);
            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellation);
        }
        catch (SocketException)
        {
            // Refused: nothing to reset.
        }

        return new Answer(0, 0, "reset", new Dictionary<string, string>());
    }
}
