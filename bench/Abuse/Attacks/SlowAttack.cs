using System.Diagnostics;
using OrleansLimiter.AbuseBench.Http;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Requests that never end: heads and bodies that come a byte a second.</summary>
internal sealed class SlowAttack : IAttack
{
    private const int Connections = 200;
    private const int DefaultSeconds = 30;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public string Name => "slow";

    /// <inheritdoc />
    public string Summary => "200 heads and 200 bodies that come a byte a second: all are ended within 30 s, others are served";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        using var others = new Caller(service.Url);
        using var heads = new IdleFlood();
        using var bodies = new IdleFlood();
        var log = service.FrontEnd.LogBytes;
        await heads.OpenAsync(service.Url.Port, Connections, "GET /limit/check?key=", cancellation);
        await bodies.OpenAsync(service.Url.Port, Connections,
            "POST /limit/incr HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
            cancellation);
        var duration = run.Duration(DefaultSeconds);
        var served = SteadyLoad.RunAsync(20, duration, _ => others.GetAsync("/limit/check?key=others", cancellation), cancellation);
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < duration && heads.Ended + bodies.Ended < 2 * Connections)
        {
            heads.Drip();
            bodies.Drip();
            await Task.Delay(Second, cancellation);
        }

        run.Findings.Tell("all were ended after", $"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
        run.Findings.Equal("heads that were ended", heads.Ended, Connections);
        run.Findings.Equal("bodies that were ended", bodies.Ended, Connections);
        run.Findings.Check(
            (await served).Of(200) == (await served).Count, "/limit/check of others, meanwhile", (await served).Statuses(), "200 alone");
        run.Findings.AtMost("log lines meanwhile", service.FrontEnd.LogFrom(log).Length, 4 * duration.TotalSeconds, "lines");
    }
}
