using System.Text.Json;
using OrleansLimiter.Silo.Tests.Nodes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>
/// The service on a Redis that is not as it should be, and in a container beside services that are named like its settings.
/// </summary>
[Collection(nameof(Processes))]
public sealed class RedisServiceTests
{
    private const int Bound = 120_000;

    private static object NewSale => new
    {
        name = "concert",
        tickets = 3,
        price = 100,
        opensAt = TimeProvider.System.GetUtcNow().AddDays(30),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task A_Redis_that_throws_keys_away_is_warned_of_once_and_readiness_says_why_it_is_degraded()
    {
        const string Risk =
            "its maxmemory-policy is volatile-lru, so that when it is full it throws keys away: an exhausted limit is then whole again, "
            + "and a sale\\u0027s line is lost. Set noeviction";
        await using var scenario = Scenario.Create();
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await scenario.Redis.TellAsync("CONFIG SET maxmemory-policy volatile-lru", Cancellation);
        var frontEnd = scenario.FrontEnd("front-end", ("LIMITER_ENGINE", "redis"));

        await frontEnd.StartAsync();
        await frontEnd.HealthIsAsync(200, $$"""{"status":"degraded","engine":"redis","reason":"{{Risk}}"}""", Cancellation);

        var answer = await frontEnd.ChargeAsync(scenario.Key(1), "default", Cancellation);
        Assert.Equal((200, "redis", 9), (answer.Status, answer.Source, answer.Remaining));
        Assert.Equal(1, frontEnd.CountInLog("Redis may lose limits: its maxmemory-policy is volatile-lru"));
        Assert.Equal(1, frontEnd.CountInLog(
            $"The Redis that decides is {scenario.Redis.Url["redis://".Length..]}/0, because REDIS_URL says so"));
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task A_Redis_that_is_full_is_told_of_once_and_readiness_says_what_it_answers_until_there_is_room()
    {
        const string Answer = "answers OOM command not allowed when used memory \\u003E \\u0027maxmemory\\u0027";
        await using var scenario = Scenario.Create();
        await scenario.Redis.StartAndListenAsync(Cancellation);
        var frontEnd = scenario.FrontEnd("front-end", ("LIMITER_ENGINE", "redis"));
        await frontEnd.StartAsync();
        await frontEnd.HealthIsAsync(200, """{"status":"ready","engine":"redis"}""", Cancellation);

        await scenario.Redis.TellAsync("CONFIG SET maxmemory 1", Cancellation);
        for (var i = 1; i <= 5; i++)
        {
            var answer = await frontEnd.ChargeAsync(scenario.Key(i), "default", Cancellation);
            Assert.Equal((200, "local"), (answer.Status, answer.Source));
        }

        await frontEnd.HealthIsAsync(200,
            $$"""{"status":"degraded","engine":"redis","reason":"{{scenario.Redis.Url["redis://".Length..]}} {{Answer}}"}""", Cancellation);
        await scenario.Redis.TellAsync("CONFIG SET maxmemory 0", Cancellation);
        await frontEnd.HealthIsAsync(200, """{"status":"ready","engine":"redis"}""", Cancellation);

        Assert.Equal((1, 1), (frontEnd.CountInLog("Redis does not do what it is asked, "),
            frontEnd.CountInLog("Redis does what it is asked again")));
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task A_silo_whose_Redis_throws_keys_away_warns_of_it_once_and_says_so_in_its_readiness()
    {
        const string Risk =
            "its maxmemory-policy is allkeys-lru, so that when it is full it throws keys away: silos then lose the list by which they find "
            + "each other, and limits and lines what was stored of them. Set noeviction";
        await using var scenario = Scenario.Create();
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await scenario.Redis.TellAsync("CONFIG SET maxmemory-policy allkeys-lru", Cancellation);
        var silo = scenario.Silo("silo");

        await silo.StartAsync();
        await silo.HealthIsAsync(200, $$"""{"status":"degraded","reason":"{{Risk}}"}""", Cancellation);
        Assert.Equal(1, silo.CountInLog("may lose what it holds: its maxmemory-policy is allkeys-lru"));
        await scenario.Redis.TellAsync("CONFIG SET maxmemory-policy noeviction", Cancellation);
        await silo.JoinedAsync(Cancellation);
    }

    [Fact(Timeout = Bound)]
    public async Task No_operators_call_fails_on_a_Redis_that_is_frozen_and_thaws()
    {
        await using var scenario = Scenario.Create();
        await scenario.Redis.StartAndListenAsync(Cancellation);
        var frontEnd = scenario.FrontEnd("front-end", ("LIMITER_ENGINE", "redis"));
        await frontEnd.StartAsync();
        await frontEnd.HealthIsAsync(200, """{"status":"ready","engine":"redis"}""", Cancellation);
        using var made = JsonDocument.Parse((await frontEnd.OperateAsync(HttpMethod.Post, "admin/sales", NewSale, Cancellation)).Text);
        var sale = made.RootElement.GetProperty("id").GetString();
        (HttpMethod, string, object?)[] calls =
        [
            (HttpMethod.Get, "limit/check?tenant=dev-free&policy=default&key=one", null),
            (HttpMethod.Get, "limit/check?tenant=~app&policy=browse-ip&key=127.0.0.1", null),
            (HttpMethod.Delete, "limit/default/one?tenant=dev-free", null),
            (HttpMethod.Delete, "limit/exact-gcra/one?tenant=dev-free", null),
            (HttpMethod.Delete, "limit/concurrency/one?tenant=dev-free", null),
            (HttpMethod.Delete, "limit/browse-ip/127.0.0.1?tenant=~app", null),
            (HttpMethod.Get, $"admin/sales/{sale}/valve", null),
            (HttpMethod.Post, $"admin/sales/{sale}/valve/pause", null),
            (HttpMethod.Post, $"admin/sales/{sale}/valve/rates", new { admissions = 7 }),
            (HttpMethod.Post, $"admin/sales/{sale}/valve/resume", null),
            (HttpMethod.Post, "admin/sales", NewSale),
            (HttpMethod.Post, $"admin/sales/{sale}/end", null),
            (HttpMethod.Get, "health/ready", null),
            (HttpMethod.Get, "metrics", null),
        ];

        for (var cycle = 0; cycle < 3; cycle++)
        {
            await scenario.Redis.FreezeAsync();
            for (var round = 0; round < 4; round++)
                await AllAnsweredAsync();
            var late = AllAnsweredAsync();
            await scenario.Redis.ThawAsync();
            await late;
            await AllAnsweredAsync();
        }

        Assert.Equal(0, frontEnd.CountInLog("fail: "));
        scenario.NoKeyIsLogged();

        async Task AllAnsweredAsync()
        {
            var answers = await Task.WhenAll(calls.Select(call => frontEnd.OperateAsync(call.Item1, call.Item2, call.Item3, Cancellation)));
            Assert.All(answers, answer => Assert.True(answer.Status is 200 or 201 or 204 or 503, answer.ToString()));
        }
    }

    [Fact(Timeout = Bound)]
    public async Task Service_links_of_Kubernetes_are_no_settings_and_are_told_in_one_line()
    {
        await using var scenario = Scenario.Create();
        (string, string)[] links =
        [
            ("REDIS_URL", ""), ("REDIS_PORT", "tcp://10.0.0.11:6379"), ("REDIS_SERVICE_HOST", "10.0.0.11"), ("REDIS_SERVICE_PORT", "6379"),
            ("REDIS_PORT_6379_TCP", "tcp://10.0.0.11:6379"), ("SILO_PORT", "tcp://10.0.0.12:11111"),
                ("GATEWAY_PORT", "tcp://10.0.0.13:30000"),
        ];
        var frontEnd = scenario.FrontEnd("front-end", [.. links, ("LIMITER_ENGINE", "")]);

        await frontEnd.StartAsync();
        await frontEnd.HealthIsAsync(200, """{"status":"ready","engine":"memory"}""", Cancellation);

        Assert.Equal(1, frontEnd.CountInLog(
            "no setting: REDIS_PORT=tcp://10.0.0.11:6379, SILO_PORT=tcp://10.0.0.12:11111, GATEWAY_PORT=tcp://10.0.0.13:30000"));
        Assert.Equal(1, frontEnd.CountInLog("no setting:"));
    }
}
