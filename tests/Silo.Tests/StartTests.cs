using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>Programs that find no cluster, and one that appears.</summary>
[Collection(nameof(Processes))]
public sealed class StartTests
{
    private const int Bound = 120_000;

    private static readonly TimeSpan SoonEnough = TimeSpan.FromSeconds(5);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task Front_end_and_silo_start_without_anything_and_meet_when_Redis_appears()
    {
        await using var scenario = Scenario.Create();
        var (silo, frontEnd, embedded) = (
            scenario.Silo("silo"), scenario.FrontEnd("front-end"), scenario.FrontEnd("embedded", ("LIMITER_ENGINE", "memory")));

        // How long a process takes to start depends on how busy the machine is; one that needs no cluster takes as long.
        await Task.WhenAll(frontEnd.StartAsync(), embedded.StartAsync());
        await embedded.HealthIsAsync(200, """{"status":"ready","engine":"memory"}""", Cancellation);
        var started = TimeProvider.System.GetTimestamp();
        await frontEnd.DegradedAsync(Cancellation);
        var answer = await frontEnd.ChargeAsync(scenario.Key(1), "default", Cancellation);
        var took = TimeProvider.System.GetElapsedTime(started);
        await embedded.DisposeAsync();
        Assert.Equal((200, "local", 9), (answer.Status, answer.Source, answer.Remaining));
        Assert.True(took < SoonEnough, $"The front end served {took} later than one that needs no cluster.");

        await silo.StartAsync();
        await silo.HealthIsAsync(503, """{"status":"joining"}""", Cancellation);
        Assert.Equal(1, await silo.RunBesideAsync("--healthcheck", Cancellation));

        await scenario.Redis.StartAndListenAsync(Cancellation);
        await silo.JoinedAsync(Cancellation);
        Assert.Equal(0, await silo.RunBesideAsync("--healthcheck", Cancellation));
        await frontEnd.JoinedAsync(Cancellation);
        await frontEnd.AllFromClusterAsync(scenario.Keys(10), Cancellation);

        Assert.True(await silo.MetricAsync("orleans_catalog_activations", Cancellation) > 0);
        Assert.Equal(1, await frontEnd.MetricAsync("orleans_client_connected_gateways", Cancellation));
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task What_a_share_admitted_during_an_outage_is_charged_when_the_cluster_is_there()
    {
        await using var scenario = Scenario.Create();
        var silo = scenario.Silo("silo");
        var frontEnd = scenario.FrontEnd("front-end", ("Limiter__FrontEnds", "2"));
        await frontEnd.StartAsync();
        await frontEnd.DegradedAsync(Cancellation);

        // Half of 100 is this front end's, and of 60 requests so many are admitted.
        var answers = new List<Answer>();
        for (var i = 0; i < 60; i++)
            answers.Add(await frontEnd.ChargeAsync(scenario.Key(1), Scenario.Slow, Cancellation));
        Assert.All(answers, answer => Assert.Equal("local", answer.Source));
        Assert.Equal([.. Enumerable.Repeat(200, 50), .. Enumerable.Repeat(429, 10)], answers.Select(answer => answer.Status));

        await scenario.Redis.StartAndListenAsync(Cancellation);
        await silo.StartAsync();
        await frontEnd.JoinedAsync(Cancellation);
        await Eventually.EqualAsync<(string?, long?)>(
            ("cluster", 50),
            "what is left",
            async () => await frontEnd.CheckAsync(scenario.Key(1), Scenario.Slow, Cancellation) is var answer
                ? (answer.Source, answer.Remaining)
                : default,
            Cancellation);

        var next = await frontEnd.ChargeAsync(scenario.Key(1), Scenario.Slow, Cancellation);
        Assert.Equal((200, "cluster", 49), (next.Status, next.Source, next.Remaining));
        scenario.NoKeyIsLogged();
    }

    [Theory(Timeout = Bound)]
    [InlineData("REDIS_URL", "",
        "REDIS_URL is not set: it must name the Redis of the cluster outside Development (or REDIS_HOST and REDIS_PORT must).")]
    [InlineData("CLUSTER_ID", "two words", "CLUSTER_ID is 'two words': it must be 1 to 64 letters, digits, '-', '_' or '.'.")]
    public async Task A_silo_whose_settings_are_wrong_ends_with_1_and_one_line(string variable, string value, string line)
    {
        await using var scenario = Scenario.Create();
        var silo = scenario.Silo("silo", ("ASPNETCORE_ENVIRONMENT", "Production"), ("ADVERTISED_ADDRESS", "127.0.0.1"), (variable, value));

        await silo.StartAsync();

        Assert.Equal(1, await silo.ExitAsync(Cancellation));
        Assert.Equal(
            $"The silo does not start, because its settings are wrong:\n{line}\n", await File.ReadAllTextAsync(silo.Log, Cancellation));
    }
}
