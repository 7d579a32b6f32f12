using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Strangers who look at a draw again and again while people ask how they stand.</summary>
internal sealed class DrawAttack : IAttack
{
    private const int DefaultSeconds = 10;
    private const int People = 4_000;
    private const int Addresses = 30;
    private const int OpensIn = 20;
    private const int PollsPerSecond = 20;

    /// <inheritdoc />
    public string Name => "draw";

    /// <inheritdoc />
    public string Summary =>
        "30 addresses that look at a draw of 4,000 places, every second of which was given up, while people poll: polls take no longer for "
        + "it";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var duration = run.Duration(DefaultSeconds);
        var polls = (int)(PollsPerSecond * duration.TotalSeconds);
        var people = await Shoppers.MakeAsync(service, People + (2 * polls), 10, OpensIn, cancellation);
        using var caller = new Caller(service.Url);
        await Parallel.ForAsync(0, People, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellation },
            async (i, _) =>
        {
            await people.QueueAsync(caller, HttpMethod.Post, people.Tokens[i], cancellation);
            if (i % 2 == 1)
                await people.QueueAsync(caller, HttpMethod.Delete, people.Tokens[i], cancellation);
        });
        while (!(await caller.GetAsync($"/sales/{people.Sale}/draw", cancellation)).Body.Contains("\"seed\":", StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromSeconds(1), cancellation);

        var before = await PollAsync(people, caller, duration, People, cancellation);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var strangers = Enumerable.Range(1, Addresses).Select(i => new Caller(service.Url, $"127.0.4.{i}", 1)).ToList();
        var crowd = Crowd.RunAsync(
            Addresses, (attacker, _) => strangers[attacker].GetAsync($"/sales/{people.Sale}/draw", over.Token), over.Token);
        var during = await PollAsync(people, caller, duration, People + polls, cancellation);
        await over.CancelAsync();
        var answers = await crowd;
        strangers.ForEach(stranger => stranger.Dispose());

        var largest = answers.All.Where(answer => answer.Status == 200).Select(answer => answer.Body.Length).DefaultIfEmpty().Max();
        run.Findings.Tell("looks at the draw", $"{answers.Statuses()}; {largest} bytes");
        run.Findings.Tell("polls before, p50 and p99", $"{before.Quantile(0.5):0.0}, {before.Quantile(0.99):0.0} ms");
        run.Findings.Tell("polls meanwhile, p99", $"{during.Quantile(0.99):0.0} ms; {during.Statuses()}");
        run.Findings.AtMost("polls meanwhile, p50", during.Quantile(0.5), (3 * before.Quantile(0.5)) + 5, "ms");
        run.Findings.Equal("polls that were not 200", during.Count - during.Of(200), 0);
        var hit = answers.All.FirstOrDefault(answer => answer.Status == 200);
        var again = await caller.GetAsync(
            $"/sales/{people.Sale}/draw", cancellation, ("If-None-Match", hit.Headers is null ? "none" : hit.Header("ETag") ?? "none"));
        run.Findings.Check(again.Status == 304, "who has the draw", $"{again.Status}", $"304");
    }

    // Each poll is that of another person, who joined just before: nobody asks more often than told, and nobody's place has lapsed for want
    // of asking.
    private static async Task<Report.Outcomes> PollAsync(
        Shoppers people, Caller caller, TimeSpan duration, int from, CancellationToken cancellation)
    {
        var polls = (int)(PollsPerSecond * duration.TotalSeconds);
        await Parallel.ForAsync(from, from + polls, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = cancellation },
            async (i, _) => await people.QueueAsync(caller, HttpMethod.Post, people.Tokens[i], cancellation));
        return await SteadyLoad.RunAsync(
            PollsPerSecond, duration, number =>
            people.QueueAsync(caller, HttpMethod.Get, people.Tokens[from + (number % polls)], cancellation), cancellation);
    }
}
