using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Report;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Somebody without an API key who has as many calls of the engine under way as can be.</summary>
internal sealed class BatchesAttack : IAttack
{
    private const int DefaultSeconds = 5;
    private const int Connections = 95;
    private const int ChecksOfCall = 100;
    private const int ChargesPerSecond = 50;
    private const string Neighbour = "dev-pro-key";

    // A hundred of an hour: each key is charged once.
    private const string Denies = "exact-token-bucket";

    /// <inheritdoc />
    public string Name => "batches";

    /// <inheritdoc />
    public string Summary =>
        "95 connections without an API key that charge a hundred keys a call, again and again: another tenant's charges are decided by the "
        + "engine";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var duration = run.Duration(DefaultSeconds);
        Tell(run, "nobody attacks", await ChargeAsync(service, duration, "before", cancellation), 99);

        using var stranger = new Caller(service.Url, "127.0.5.1", Connections);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var checks = Enumerable.Range(0, ChecksOfCall).Select(i => new { key = $"stranger-{i}", policy = "unlimited-bench" }).ToArray();
        var flood = Crowd.RunAsync(Connections, (_, _) => stranger.PostAsync("/limit/batch", new { checks }, over.Token), over.Token);
        var meanwhile = await ChargeAsync(service, duration, "meanwhile", cancellation);
        await over.CancelAsync();
        run.Findings.Tell("calls of a hundred checks", $"{(await flood).Statuses()}");
        Tell(run, "meanwhile", meanwhile, 95);
    }

    private static void Tell(AttackRun run, string when, Outcomes charges, double least)
    {
        var own = charges.All.Count(answer => answer.Status is 200 && !answer.Body.Contains("\"local\"", StringComparison.Ordinal));
        run.Findings.Tell($"{when}: another tenant's charges",
            $"{charges.Statuses()}; p50 {charges.Quantile(0.5):0} ms, p99 {charges.Quantile(0.99):0} ms");
        if (charges.All.FirstOrDefault(answer => answer.Status != 200) is { Body: { } refused })
            run.Findings.Tell($"{when}: one that was not decided", $"{refused.Trim()}");
        run.Findings.AtLeast($"{when}: decided by the engine", 100.0 * own / Math.Max(1, charges.Count), least, "%");
    }

    private static async Task<Outcomes> ChargeAsync(AttackedService service, TimeSpan duration, string when, CancellationToken cancellation)
    {
        using var neighbour = new Caller(service.Url, "127.0.6.1", connections: 4);
        return await SteadyLoad.RunAsync(
            ChargesPerSecond, duration,
            number => neighbour.PostAsync(
                "/limit/incr", new { key = $"{when}-{number}", policy = Denies }, cancellation, ("X-Api-Key", Neighbour)), cancellation);
    }
}
