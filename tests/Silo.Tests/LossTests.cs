using System.Diagnostics;
using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>Silos and Redis that go away and come back under load. Nobody's request fails.</summary>
[Collection(nameof(Processes))]
public sealed class LossTests
{
    private const int Bound = 180_000;

    /// <summary>A silo that is told to stop has 20 s to hand over its keys; the program around it, a moment more.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(25);

    /// <summary>
    /// How long the keys of a silo that died or froze may be without one. With Orleans' own settings a frozen silo's wait for a minute, and
    /// a dead one's for half a minute after its death is known.
    /// </summary>
    private static readonly TimeSpan TakeOverTime = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long silos may wait for those that died uncleanly under other addresses. With Orleans' own settings one and a half minutes.
    /// </summary>
    private static readonly TimeSpan StaleTime = TimeSpan.FromSeconds(55);

    /// <summary>How long a front end may not know of a new silo. A third of Orleans' own time between two looks at the list.</summary>
    private static readonly TimeSpan NoticedTime = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task A_silo_is_killed_under_load_and_comes_back()
    {
        await using var scenario = Scenario.Create();
        var (survivor, victim, frontEnd) = await StartAsync(scenario);
        var keys = scenario.Keys(60);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        await using var load = Load.Begin(keys, frontEnd);

        await victim.KillAsync(Cancellation);
        await TakenOverAsync(frontEnd, keys);
        await victim.StartAsync();
        await victim.JoinedAsync(Cancellation);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);

        Assert.False(survivor.HasExited);
        Assert.True((await load.EndAsync()).Cluster > 0);
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task All_silos_are_killed_and_others_come_under_other_addresses()
    {
        await using var scenario = Scenario.Create();
        var (first, second, frontEnd) = await StartAsync(scenario);
        var keys = scenario.Keys(60);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        await using var load = Load.Begin(keys, frontEnd);

        var watch = Stopwatch.StartNew();
        await first.KillAsync(Cancellation);
        await second.KillAsync(Cancellation);
        var others = (SiloNode[])[scenario.Silo("silo-3"), scenario.Silo("silo-4")];
        foreach (var silo in others)
            await silo.StartAsync();
        foreach (var silo in others)
            await silo.JoinedAsync(Cancellation);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        TestContext.Current.SendDiagnosticMessage($"The cluster answered for all keys again after {watch.Elapsed}.");
        Assert.True(watch.Elapsed < StaleTime, $"The cluster answered for all keys again after {watch.Elapsed}.");

        await load.EndAsync();
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task A_silo_freezes_under_load_is_voted_out_and_thaws()
    {
        await using var scenario = Scenario.Create();
        (string, string) slowly = ("Cluster__ProbeTimeout", "2s"); // what else could delay it is short beside this
        var (survivor, victim, frontEnd) = await StartAsync(
            scenario, scenario.Silo("silo-1", slowly), scenario.Silo("silo-2", slowly), scenario.FrontEnd("front-end"));
        var keys = scenario.Keys(60);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        await using var load = Load.Begin(keys, frontEnd);

        await victim.FreezeAsync();
        await TakenOverAsync(frontEnd, keys);
        await victim.ThawAsync();

        // It has learned that it is dead: it ends, or joins as another.
        await Eventually.TrueAsync(
            $"the silo has ended or joined again ({victim.Log})",
            () => Task.FromResult(victim.HasExited || victim.CountInLog("Connected with the cluster") > 1),
            Cancellation);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);

        Assert.False(survivor.HasExited);
        var (_, local) = await load.EndAsync();
        Assert.True(local > 0, "Nothing was decided locally, as if no silo had been frozen.");
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task A_silo_is_added_under_load_and_the_other_leaves_and_hands_over_its_keys()
    {
        await using var scenario = Scenario.Create();
        var (first, second, frontEnd) = (scenario.Silo("silo-1"), scenario.Silo("silo-2"), scenario.FrontEnd("front-end"));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await first.StartAsync();
        await frontEnd.StartAsync();
        await frontEnd.JoinedAsync(Cancellation);
        var keys = scenario.Keys(60);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        var kept = Enumerable.Range(100, 20).Select(scenario.Key).ToList();
        foreach (var key in kept)
            await ChargedByClusterAsync(frontEnd, key, 30);
        await using var load = Load.Begin(keys, frontEnd);

        await second.StartAsync();
        await second.JoinedAsync(Cancellation);
        var watch = Stopwatch.StartNew();
        var before = await second.MetricAsync("orleans_catalog_activations", Cancellation);
        var fresh = Enumerable.Range(200, 60).Select(i => (Key: scenario.Key(i), Scenario.Slow)).ToList();
        await Eventually.TrueAsync(
            $"new keys are on the new silo, and asked for through it ({second.Log})",
            async () =>
            {
                await frontEnd.AllFromClusterAsync(fresh, Cancellation);
                fresh = [.. fresh.Select(key => ($"{key.Key}x", key.Slow))];
                return await second.MetricAsync("orleans_catalog_activations", Cancellation) > before
                    && await frontEnd.MetricAsync("orleans_client_connected_gateways", Cancellation) == 2;
            },
            Cancellation);
        Assert.True(watch.Elapsed < NoticedTime, $"The front end asked through the new silo after {watch.Elapsed}.");

        var (status, took) = await first.StopAsync(Cancellation);
        Assert.Equal(0, status);
        Assert.True(took < StopTime, $"The silo took {took} to stop.");
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        foreach (var key in kept)
        {
            var answer = await frontEnd.CheckAsync(key, Scenario.Slow, Cancellation);
            Assert.Equal(("cluster", 70), (answer.Source, answer.Remaining));
        }

        await load.EndAsync();
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task All_silos_go_and_return_with_what_their_keys_have_used()
    {
        await using var scenario = Scenario.Create();
        var (one, other, frontEnd) = await StartAsync(scenario, ("Limiter__Deadline", "2s"), ("Limiter__Breaker__Pause", "2s"));
        var keys = scenario.Keys(20);
        var key = scenario.Key(100);
        await ChargedByClusterAsync(frontEnd, key, 30);

        // In order: everything is stored.
        var stops = await Task.WhenAll(one.StopAsync(Cancellation), other.StopAsync(Cancellation));
        Assert.All(stops, stop => Assert.Equal(0, stop.Status));
        Assert.Equal("local", (await frontEnd.CheckAsync(keys[0].Key, keys[0].Policy, Cancellation)).Source);
        await Task.WhenAll(one.StartAsync(), other.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation));
        await frontEnd.AllFromClusterAsync([.. keys, (key, Scenario.Slow)], Cancellation);
        Assert.Equal(70, (await frontEnd.CheckAsync(key, Scenario.Slow, Cancellation)).Remaining);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => frontEnd.ChargeAsync(key, Scenario.Slow, Cancellation)));
        Assert.All(answers, answer => Assert.Equal("cluster", answer.Source));
        Assert.Equal(70, answers.Count(answer => answer.Status == 200));

        // Both at once, without a word.
        await Task.WhenAll(one.KillAsync(Cancellation), other.KillAsync(Cancellation));
        Assert.Equal("local", (await frontEnd.CheckAsync(keys[0].Key, keys[0].Policy, Cancellation)).Source);
        await Task.WhenAll(one.StartAsync(), other.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation));
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task Redis_is_killed_while_silos_run_and_comes_back()
    {
        // Everything is logged here: Redis' failures name what could not be read.
        (string, string)[] all = [("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Orleans", "Trace")];
        await using var scenario = Scenario.Create();
        var (one, other, frontEnd) = (scenario.Silo("silo-1", all), scenario.Silo("silo-2", all), scenario.FrontEnd("front-end", all));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(one.StartAsync(), other.StartAsync(), frontEnd.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation), frontEnd.JoinedAsync(Cancellation));
        var key = scenario.Key(100);
        await ChargedByClusterAsync(frontEnd, key, 30);
        var known = scenario.Keys(20);
        await frontEnd.AllFromClusterAsync(known, Cancellation);

        await scenario.Redis.KillAsync(Cancellation);
        for (var round = 0; round < 5; round++)
            await frontEnd.AllFromClusterAsync([.. known, (key, Scenario.Slow)], Cancellation);
        Assert.Equal(70, (await frontEnd.CheckAsync(key, Scenario.Slow, Cancellation)).Remaining);

        // What was never asked about and is stored cannot be known now; what is not stored can.
        var stored = await frontEnd.ChargeAsync(scenario.Key(200), "default", Cancellation);
        Assert.Equal((200, "local"), (stored.Status, stored.Source));
        await frontEnd.AllFromClusterAsync([(scenario.Key(201), "fixed-window")], Cancellation);

        await scenario.Redis.StartAndListenAsync(Cancellation);
        await frontEnd.AllFromClusterAsync(
            [.. known, (key, Scenario.Slow), (scenario.Key(200), "default"), (scenario.Key(202), "default")], Cancellation);
        Assert.Equal(70, (await frontEnd.CheckAsync(key, Scenario.Slow, Cancellation)).Remaining);
        Assert.Equal((0, 0), ((await one.StopAsync(Cancellation)).Status, (await other.StopAsync(Cancellation)).Status));
        scenario.NoKeyIsLogged();
    }

    private static async Task TakenOverAsync(FrontEndNode frontEnd, IReadOnlyCollection<(string Key, string Policy)> keys)
    {
        var watch = Stopwatch.StartNew();
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        TestContext.Current.SendDiagnosticMessage($"The cluster answered for all keys again after {watch.Elapsed}.");
        Assert.True(watch.Elapsed < TakeOverTime, $"The cluster answered for all keys again after {watch.Elapsed}.");
    }

    /// <summary>Two silos and a front end, in one cluster.</summary>
    private static Task<(SiloNode One, SiloNode Other, FrontEndNode FrontEnd)> StartAsync(
        Scenario scenario, params (string, string)[] variables) =>
        StartAsync(scenario, scenario.Silo("silo-1"), scenario.Silo("silo-2"), scenario.FrontEnd("front-end", variables));

    private static async Task<(SiloNode One, SiloNode Other, FrontEndNode FrontEnd)> StartAsync(
        Scenario scenario, SiloNode one, SiloNode other, FrontEndNode frontEnd)
    {
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(one.StartAsync(), other.StartAsync(), frontEnd.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation), frontEnd.JoinedAsync(Cancellation));
        return (one, other, frontEnd);
    }

    private static async Task ChargedByClusterAsync(FrontEndNode frontEnd, string key, int cost)
    {
        await frontEnd.AllFromClusterAsync([(key, Scenario.Slow)], Cancellation);
        var charged = await frontEnd.ChargeAsync(key, Scenario.Slow, Cancellation, cost);
        Assert.Equal((200, "cluster", 100 - cost), (charged.Status, charged.Source, charged.Remaining));
    }
}
