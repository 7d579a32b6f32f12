using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>Logins without a password for accounts that nobody has, from many addresses.</summary>
internal sealed class LoginFloodAttack : IAttack
{
    private const int DefaultSeconds = 20;
    private const int Connections = 32;
    private const int Addresses = 1_250;
    private const int MostLogins = 125_000;

    /// <inheritdoc />
    public string Name => "login-flood";

    /// <inheritdoc />
    public string Summary =>
        "125,000 logins without a password from 1,250 addresses: each is told what is wrong or to wait, and nobody else notices";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        // A small room shows in seconds what a large one shows in minutes.
        var settings = new Dictionary<string, string>(Neighbours.Settings) { ["Limiter__MaxKeys"] = "100000" };
        var service = await run.StartAsync(new ServiceSetup { Settings = settings }, cancellation);
        using var neighbours = await Neighbours.MeetAsync(service, cancellation);
        using var anybody = new Caller(service.Url, connections: Connections);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var sent = 0;
        var flood = Crowd.RunAsync(Connections, LogInAsync, over.Token);
        await neighbours.LiveAsync(run, run.Duration(DefaultSeconds), hasTenant: true, cancellation);
        await over.CancelAsync();
        var logins = await flood;

        run.Findings.Check(logins.Of(400, 429) == logins.Count, "logins of the flood", logins.Statuses(), "400 or 429");

        async Task<Answer> LogInAsync(int attacker, int number)
        {
            var login = Interlocked.Increment(ref sent);
            if (login > MostLogins)
                await Task.Delay(Timeout.InfiniteTimeSpan, over.Token);
            return await anybody.PostAsync(
                "/auth/login", new { email = $"nobody-{login}@example.test" }, over.Token, Neighbours.From(login % Addresses, "198.19"));
        }
    }
}
