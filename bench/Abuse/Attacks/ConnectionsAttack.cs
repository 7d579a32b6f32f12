using System.Diagnostics;
using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>More idle connections than the process has descriptors.</summary>
internal sealed class ConnectionsAttack : IAttack
{
    private const int Descriptors = 1_200;
    private const int Connections = 1_500;
    private const int DefaultSeconds = 10;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public string Name => "connections";

    /// <inheritdoc />
    public string Summary =>
        "1,500 idle connections, made anew when they are ended, to a process of 1,200 descriptors: it lives, operators and whoever is "
        + "connected are served, and everybody a second after the flood";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(new ServiceSetup { Descriptors = Descriptors }, cancellation);
        using var connected = new Caller(service.Url, connections: 1);
        using var prober = new Caller(service.FrontEnd.Operations, connections: 1, timeout: Second);
        await LookAsync(connected, cancellation);
        var log = service.FrontEnd.LogBytes;
        using var flood = new IdleFlood();
        await flood.OpenAsync(service.Url.Port, Connections, "", cancellation);

        var duration = run.Duration(DefaultSeconds);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var refilling = RefillAsync(flood, service.Url.Port, over.Token);
        var health = SteadyLoad.RunAsync(5, duration, _ => prober.GetAsync("/health/live", cancellation), cancellation);
        var others = await SteadyLoad.RunAsync(20, duration, _ => LookAsync(connected, cancellation), cancellation);
        await over.CancelAsync();
        var opened = await refilling;
        var kept = flood.Count - flood.Ended;
        var refused = await MetricAsync(service.FrontEnd.Operations, "orleanslimiter_http_connections_refused_total", cancellation);
        flood.Dispose();
        var (answered, after) = await AnsweredAsync(service.Url, cancellation);

        run.Findings.Check(service.FrontEnd.IsAlive, "the process lives", $"{service.FrontEnd.IsAlive}", $"True");
        run.Findings.Tell("connections of the flood that were kept", $"{kept} of {flood.Count}");
        run.Findings.Tell("connections made anew when they had been ended", $"{opened}");
        run.Findings.Tell("connections refused, by the metric", $"{refused}");
        run.Findings.Check((await health).Of(200) == (await health).Count, "/health/live on the operations port, meanwhile", (await health)
            .Statuses(), "200 alone");
        run.Findings.Check(
            others.Of(200) == others.Count, "/limit/check of who was connected before, meanwhile", others.Statuses(), "200 alone");
        run.Findings.AtMost("first answer to a new connection after the flood", answered ? after : double.PositiveInfinity, 1_000, "ms");
        var lines = service.FrontEnd.IsAlive ? service.FrontEnd.LogFrom(log).Length : 0;
        run.Findings.AtMost("log lines meanwhile", lines, 4 * (duration.TotalSeconds + 5), "lines");
    }

    /// <summary>Keeps the flood whole, once a second.</summary>
    private static async Task<int> RefillAsync(IdleFlood flood, int port, CancellationToken over)
    {
        var opened = 0;
        try
        {
            while (true)
            {
                await Task.Delay(Second, over);
                opened += await flood.RefillAsync(port, over);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return opened;
        }
    }

    /// <summary>A metric without tags, or the sum of those that have some; -1: there is none.</summary>
    private static async Task<double> MetricAsync(Uri operations, string name, CancellationToken cancellation)
    {
        using var caller = new Caller(operations);
        var lines = (await caller.GetAsync("/metrics", cancellation)).Body.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal)).ToList();
        return lines.Count == 0 ? -1 : lines.Sum(
            line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task<(bool IsAnswered, double Milliseconds)> AnsweredAsync(Uri url, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(10))
        {
            using var caller = new Caller(url, timeout: Second);
            if ((await LookAsync(caller, cancellation)).Status == 200)
                return (true, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        }

        return (false, 0);
    }

    private static Task<Answer> LookAsync(Caller caller, CancellationToken cancellation) =>
        caller.GetAsync("/limit/check?key=connected", cancellation);
}
