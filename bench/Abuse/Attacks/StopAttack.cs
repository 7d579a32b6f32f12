using System.Net;
using System.Text;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>No attack, but what an operator does: SIGTERM while clients keep their connections.</summary>
internal sealed class StopAttack : IAttack
{
    private const int Clients = 48;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <inheritdoc />
    public string Name => "stop";

    /// <inheritdoc />
    public string Summary => "SIGTERM under 48 clients that keep their connections and send nothing twice: none loses a request";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(
            new ServiceSetup { Settings = new Dictionary<string, string> { ["DRAIN_SECONDS"] = "2" } }, cancellation);
        var clients = Enumerable.Range(0, Clients).Select(i => AskAsync(service.Url.Port, i, cancellation)).ToList();
        await Task.Delay(Before, cancellation);
        await service.FrontEnd.Process.SignalAsync("TERM");
        var exit = await service.FrontEnd.Process.ExitAsync(cancellation);
        var results = await Task.WhenAll(clients);

        run.Findings.Tell("requests answered", $"{results.Sum(result => result.Answered)}");
        run.Findings.Equal("clients that lost a request", results.Count(result => result.IsLost), 0);
        run.Findings.Equal("clients that were told that their connection ends", results.Count(result => result.IsTold), Clients);
        run.Findings.Equal("exit status", exit, 0);
    }

    private static async Task<(int Answered, bool IsLost, bool IsTold)> AskAsync(int port, int number, CancellationToken cancellation)
    {
        using var client = new RawClient(port);
        await client.ConnectAsync(IPAddress.Loopback, cancellation);
        var request = Encoding.ASCII.GetBytes($"GET /limit/check?key=stop-{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        for (var answered = 0; ; answered++)
        {
            if ((await client.AskAsync(request, isHead: false, Patience, cancellation)).Status == 0)
                return (answered, true, false);
            if (!client.IsConnected)
                return (answered + 1, false, true);
            await Task.Delay(Pause, cancellation);
        }
    }
}
