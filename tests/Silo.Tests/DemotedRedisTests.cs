using System.Globalization;
using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>
/// Another Redis takes the place of the one that silos and front ends use, behind an address that stays, while their connections to the old
/// one stay open. What the old one says goes stale, and it refuses to be written to.
/// </summary>
[Collection(nameof(Processes))]
[Trait("Length", "long")] // ./test --long runs it
public sealed class DemotedRedisTests
{
    private const int Bound = 180_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task Keys_are_stored_and_silos_come_and_go_through_the_new_one()
    {
        await using var scenario = Scenario.Create();
        var next = scenario.OtherRedis("redis-2");
        await Task.WhenAll(scenario.Redis.StartAndListenAsync(Cancellation), next.StartAndListenAsync(Cancellation));
        await using var address = new StableAddress(scenario.Redis.Port);
        (string, string) redis = ("REDIS_URL", string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{address.Port}"));
        var soon = ("Cluster__SnapshotInterval", "100ms");
        var (one, other) = (scenario.Silo("silo-1", redis, soon), scenario.Silo("silo-2", redis, soon));
        var frontEnd = scenario.FrontEnd("front-end", redis);
        await Task.WhenAll(one.StartAsync(), frontEnd.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), frontEnd.JoinedAsync(Cancellation));
        await ChargedAsync(frontEnd, scenario.Key(1));
        await FollowsAsync(next, scenario);

        address.MoveTo(next.Port);
        await next.TellAsync("REPLICAOF NO ONE", Cancellation);
        await scenario.Redis.TellAsync($"REPLICAOF 127.0.0.1 {Ports.Next()}", Cancellation);

        var list = await SumOfListAsync(next, scenario);
        await Eventually.TrueAsync(
            $"the silo gives its signs of life in the new list ({one.Log})", async () =>
                await SumOfListAsync(next, scenario) != list, Cancellation);
        var stored = await next.AskAsync("DBSIZE", Cancellation);
        await ChargedAsync(frontEnd, scenario.Key(2));
        await Eventually.TrueAsync(
            $"the key is stored in the new Redis ({one.Log})", async () =>
                await next.AskAsync("DBSIZE", Cancellation) != stored, Cancellation);
        await other.StartAsync();
        await other.JoinedAsync(Cancellation);
        Assert.Equal(0, (await one.StopAsync(Cancellation)).Status);
        await frontEnd.AllFromClusterAsync([(scenario.Key(1), Scenario.Slow), (scenario.Key(2), Scenario.Slow)], Cancellation);
        foreach (var key in (string[])[scenario.Key(1), scenario.Key(2)])
            Assert.Equal(70, (await frontEnd.CheckAsync(key, Scenario.Slow, Cancellation)).Remaining);
        Assert.Equal((1, 1), (one.CountInLog("cannot be written to (ReadOnly)"), frontEnd.CountInLog("cannot be written to (ReadOnly)")));
        scenario.NoKeyIsLogged();
    }

    private static async Task ChargedAsync(FrontEndNode frontEnd, string key)
    {
        await frontEnd.AllFromClusterAsync([(key, Scenario.Slow)], Cancellation);
        var charged = await frontEnd.ChargeAsync(key, Scenario.Slow, Cancellation, 30);
        Assert.Equal((200, "cluster", 70), (charged.Status, charged.Source, charged.Remaining));
    }

    /// <summary>A number that is another when anything in the list is.</summary>
    private static async Task<string?> SumOfListAsync(RedisNode redis, Scenario scenario)
    {
        const string Sum =
            "local s = 0 for _, v in ipairs(redis.call('HVALS', KEYS[1])) do for i = 1, #v do s = (s * 31 + v:byte(i)) % 1000003 end end "
            + "return s";
        return await redis.AskAsync($"EVAL \"{Sum}\" 1 {scenario.ListKey}", Cancellation);
    }

    private static async Task FollowsAsync(RedisNode next, Scenario scenario)
    {
        await next.TellAsync($"REPLICAOF 127.0.0.1 {scenario.Redis.Port}", Cancellation);
        await Eventually.TrueAsync(
            "the next Redis knows what the first one does",
            async () => await next.AskAsync($"HGET {scenario.ListKey} Version", Cancellation) is ['$', not '-', ..]
                && await next.AskAsync("DBSIZE", Cancellation) == await scenario.Redis.AskAsync("DBSIZE", Cancellation)
                && await scenario.Redis.AskAsync("DBSIZE", Cancellation) != ":1",
            Cancellation);
    }
}
