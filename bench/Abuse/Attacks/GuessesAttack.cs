using OrleansLimiter.AbuseBench.Http;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Whatever was asked for free and without end: guesses at keys, logouts, sessions.</summary>
internal sealed class GuessesAttack : IAttack
{
    private const int Guesses = 100;

    /// <inheritdoc />
    public string Name => "guesses";

    /// <inheritdoc />
    public string Summary =>
        "100 guesses each at an operator's and a tenant's key, the last one right: the limit ends the guessing, and whoever is at home "
        + "elsewhere is served";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        foreach (var (header, right, path, url) in ((string, string, string, Uri)[])
        [
            ("X-Operator-Key", Service.AttackedService.OperatorKey, "/limit/check?tenant=public&key=a", service.Url),
            ("X-Api-Key", Service.AttackedService.ApiKey, "/limit/check?key=a", service.Url),
        ])
        {
            using var stranger = new Caller(url, "127.0.5.1");
            using var owner = new Caller(url, "127.0.5.2");
            var home = await owner.GetAsync(path, cancellation, (header, right));
            var outcomes = new Report.Outcomes();
            for (var i = 0; i < Guesses; i++)
                outcomes.Add(await stranger.GetAsync(path, cancellation, (header, $"a guess at a key of thirty-two characters {i}")));
            var lucky = await stranger.GetAsync(path, cancellation, (header, right));
            run.Findings.Tell($"{header}: wrong guesses", $"{outcomes.Statuses()}");
            run.Findings.Check(lucky.Status == 429, $"{header}: the right guess after them", $"{lucky.Status}", $"429");
            run.Findings.Check(home.Status == 200 && (await owner.GetAsync(path, cancellation, (header, right))).Status == 200,
                $"{header}: its owner elsewhere", $"{home.Status}", $"200");
        }
    }
}
