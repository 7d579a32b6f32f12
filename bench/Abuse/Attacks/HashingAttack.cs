using OrleansLimiter.AbuseBench.Http;
using OrleansLimiter.AbuseBench.Report;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench.Attacks;

/// <summary>
/// The hashing of passwords as a bottleneck that everybody shares: kept busy from one address with accounts, then from six without.
/// </summary>
internal sealed class HashingAttack : IAttack
{
    private const int DefaultSeconds = 20;
    private const int Accounts = 14;
    private const int OneAddressConnections = 70;
    private const int Addresses = 6;
    private const int ConnectionsOfEach = 12;
    private const double LoginsPerSecond = 1.5;
    private const double DecisionsPerSecond = 100;
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(2);

    // Whoever is refused at once would otherwise be a flood of requests, which costs the cores that this program shares with the service,
    // and hashes nothing.
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc />
    public string Name => "hashing";

    /// <inheritdoc />
    public string Summary =>
        "logins by one address with 14 accounts over 70 connections, then by 6 addresses without account: 95 % of other people's logins "
        + "succeed within 2 s, /limit/incr p99 at most doubles";

    /// <inheritdoc />
    public async Task RunAsync(AttackRun run, CancellationToken cancellation)
    {
        var service = await run.StartAsync(null, cancellation);
        var duration = run.Duration(DefaultSeconds);
        var users = await MakeUsersAsync(service, Accounts + (3 * (int)(LoginsPerSecond * duration.TotalSeconds)), cancellation);
        var people = new Queue<Login>(users.Skip(Accounts));

        var (logins, before) = await OthersAsync(service, people, duration, cancellation);
        run.Findings.AtLeast("nobody attacks: logins within 2 s", logins.PercentWithin(200, InTime), 95, "%");
        run.Findings.Tell("nobody attacks: /limit/incr p50, p99", $"{before.Quantile(0.5):0.0}, {before.Quantile(0.99):0.0} ms");

        using var rich = new Caller(service.Url, "127.0.1.1", OneAddressConnections);
        await AttackAsync(run, service, people, duration, before, "one address, 14 accounts", OneAddressConnections, (attacker, _) =>
            users[attacker % Accounts].SendAsync(rich, cancellation), cancellation);

        var poor = Enumerable.Range(1, Addresses).Select(i => new Caller(service.Url, $"127.0.2.{i}", ConnectionsOfEach)).ToList();
        await AttackAsync(
            run, service, people, duration, before, "6 addresses, no account", Addresses * ConnectionsOfEach,
            (attacker, number) =>
                new Login($"nobody-{attacker}-{number}@example.test", "a guess at a password")
                .SendAsync(poor[attacker % Addresses], cancellation),
            cancellation);
        poor.ForEach(caller => caller.Dispose());
    }

    private static async Task AttackAsync(
        AttackRun run, AttackedService service, Queue<Login> people, TimeSpan duration, Outcomes before, string who, int atOnce,
            Func<int, int, Task<Answer>> ask, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var crowd = Crowd.RunAsync(atOnce, AskAndPauseAsync, over.Token);
        var (logins, decisions) = await OthersAsync(service, people, duration, cancellation);
        await over.CancelAsync();
        run.Findings.Tell($"{who}: answers to the attackers", $"{(await crowd).Statuses()}");
        run.Findings.Tell($"{who}: answers to other people's logins",
            $"{logins.Statuses()}; p50 {logins.Quantile(0.5):0} ms, p95 {logins.Quantile(0.95):0} ms");
        run.Findings.AtLeast($"{who}: other people's logins within 2 s", logins.PercentWithin(200, InTime), 95, "%");
        run.Findings.AtMost($"{who}: /limit/incr p99", decisions.Quantile(0.99), 2 * before.Quantile(0.99), "ms");
        run.Findings.Equal($"{who}: /limit/incr that were not 200", decisions.Count - decisions.Of(200), 0);

        async Task<Answer> AskAndPauseAsync(int attacker, int number)
        {
            var answer = await ask(attacker, number);
            if (answer.Status is 429 or 503)
                await Task.Delay(PauseAfterRefusal, over.Token);
            return answer;
        }
    }

    /// <summary>Other people log in, each from an address of their own, and others still count.</summary>
    private static async Task<(Outcomes Logins, Outcomes Decisions)> OthersAsync(
        AttackedService service, Queue<Login> people, TimeSpan duration, CancellationToken cancellation)
    {
        using var counting = new Caller(service.Url, "127.0.3.1");
        var decisions = SteadyLoad.RunAsync(
            DecisionsPerSecond, duration, number =>
                counting.PostAsync("/limit/incr", new { key = $"counted-{number}", policy = "unlimited-bench" }, cancellation,
                ("X-Api-Key", AttackedService.ApiKey)), cancellation);
        var logins = await SteadyLoad.RunAsync(LoginsPerSecond, duration, async number =>
        {
            using var person = new Caller(service.Url, $"127.0.{10 + (people.Count / 200)}.{1 + (people.Count % 200)}");
            return await people.Dequeue().SendAsync(person, cancellation);
        }, cancellation);
        return (logins, await decisions);
    }

    private static async Task<List<Login>> MakeUsersAsync(AttackedService service, int count, CancellationToken cancellation)
    {
        using var operators = new Caller(service.FrontEnd.Operations);
        var made = await operators.PostAsync(
            "/admin/dev/users", new { count }, cancellation, ("X-Operator-Key", AttackedService.OperatorKey));
        var password = made.Json.GetProperty("password").GetString()!;
        return [.. made.Json.GetProperty("users").EnumerateArray()
            .Select(user => new Login(user.GetProperty("email").GetString()!, password))];
    }

    /// <summary>What somebody logs in with.</summary>
    private sealed record Login(string Email, string Password)
    {
        public Task<Answer> SendAsync(Caller caller, CancellationToken cancellation) =>
            caller.PostAsync("/auth/login", new { email = Email, password = Password }, cancellation);
    }
}
