using System.Collections.Concurrent;
using System.Security.Cryptography;
using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>Several front ends, one limit.</summary>
[Collection(nameof(Processes))]
public sealed class ExactnessTests
{
    private const int Bound = 180_000;

    // What is tested is the count, not how fast a busy machine is.
    private static readonly (string, string)[] Patient = [("Limiter__Deadline", "2s"), ("Limiter__Breaker__Pause", "2s")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task A_thousand_concurrent_requests_through_two_front_ends_are_admitted_exactly_the_limit()
    {
        await using var scenario = Scenario.Create();
        var (silo, other) = (scenario.Silo("silo-1"), scenario.Silo("silo-2"));
        FrontEndNode[] frontEnds = [scenario.FrontEnd("front-end-1", Patient), scenario.FrontEnd("front-end-2", Patient)];
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(silo.StartAsync(), other.StartAsync(), frontEnds[0].StartAsync(), frontEnds[1].StartAsync());
        await Task.WhenAll(silo.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation));

        await AreExactAsync(scenario, frontEnds);
        await RepeatedRequestsAreChargedOnceAsync(scenario.Key(300), frontEnds);
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    [Trait("Length", "long")] // ./test --long runs it
    public async Task Front_ends_that_are_silos_are_one_limiter_of_which_one_leaves_returns_and_dies()
    {
        await using var scenario = Scenario.Create();
        FrontEndNode[] frontEnds = [scenario.CoHosted("front-end-1", Patient), scenario.CoHosted("front-end-2", Patient)];
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(frontEnds[0].StartAsync(), frontEnds[1].StartAsync());

        await AreExactAsync(scenario, frontEnds);
        var kept = Enumerable.Range(400, 20).Select(i => (Key: scenario.Key(i), Scenario.Slow)).ToList();
        foreach (var (key, policy) in kept)
            Assert.Equal(70, (await frontEnds[0].ChargeAsync(key, policy, Cancellation, 30)).Remaining);

        // One leaves: its keys go over to the other, with what they have used.
        var keys = scenario.Keys(40);
        await using (var load = Load.Begin(keys, frontEnds[0]))
        {
            Assert.Equal(0, (await frontEnds[1].StopAsync(Cancellation)).Status);
            await frontEnds[0].AllFromClusterAsync([.. keys, .. kept], Cancellation);
            foreach (var (key, policy) in kept)
                Assert.Equal(70, (await frontEnds[0].CheckAsync(key, policy, Cancellation)).Remaining);
            await load.EndAsync();
        }

        // It returns, takes keys, and is killed.
        await frontEnds[1].StartAsync();
        await frontEnds[1].JoinedAsync(Cancellation);
        await frontEnds[1].AllFromClusterAsync(keys, Cancellation);
        await using (var load = Load.Begin(keys, frontEnds[0]))
        {
            await frontEnds[1].KillAsync(Cancellation);
            await frontEnds[0].AllFromClusterAsync(keys, Cancellation);
            await load.EndAsync();
        }

        Assert.False(frontEnds[0].HasExited);
        scenario.NoKeyIsLogged();
    }

    [Fact(Timeout = Bound)]
    public async Task A_rolling_restart_of_the_silos_under_load_admits_no_key_more_than_its_limit()
    {
        await using var scenario = Scenario.Create();
        var (one, other, frontEnd) = (scenario.Silo("silo-1"), scenario.Silo("silo-2"), scenario.FrontEnd("front-end"));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(one.StartAsync(), other.StartAsync(), frontEnd.StartAsync());
        await Task.WhenAll(one.JoinedAsync(Cancellation), other.JoinedAsync(Cancellation), frontEnd.JoinedAsync(Cancellation));
        var keys = Enumerable.Range(500, 300).Select(scenario.Key).ToArray();
        var admitted = new ConcurrentDictionary<string, int>();
        using var ending = new CancellationTokenSource();
        var askers = Enumerable.Range(0, 16).Select(_ => AskAsync()).ToList();

        foreach (var silo in (SiloNode[])[one, other, one, other])
        {
            Assert.Equal(0, (await silo.StopAsync(Cancellation)).Status);
            await silo.StartAsync();
            await silo.JoinedAsync(Cancellation);
        }

        // Until most keys have been asked for more than there is.
        await Eventually.TrueAsync("a hundred keys are used up", () =>
            Task.FromResult(admitted.Values.Count(count => count >= 100) >= 100), Cancellation);
        await ending.CancelAsync();
        await Task.WhenAll(askers);

        Assert.Equal(100, admitted.Values.Max());
        scenario.NoKeyIsLogged();

        async Task AskAsync()
        {
            while (!ending.IsCancellationRequested)
            {
                var key = keys[RandomNumberGenerator.GetInt32(keys.Length)];
                if (await frontEnd.ChargeAsync(key, Scenario.Slow, Cancellation) is { Status: 200, Source: "cluster" })
                    admitted.AddOrUpdate(key, 1, (_, count) => count + 1);
            }
        }
    }

    private static async Task AreExactAsync(Scenario scenario, FrontEndNode[] frontEnds)
    {
        foreach (var frontEnd in frontEnds)
        {
            await frontEnd.JoinedAsync(Cancellation);
            await frontEnd.AllFromClusterAsync(scenario.Keys(20), Cancellation);
        }

        // Processes that have just started are slow at first, and a policy that denies where the cluster is late would say so.
        await Eventually.TrueAsync(
            "a thousand answers are all the cluster's",
            async () => (await AtOnceAsync(frontEnds, scenario.Key(2), "unlimited-bench")).All(answer => answer.Source == "cluster"),
            Cancellation);

        var answers = await AtOnceAsync(frontEnds, scenario.Key(1), "exact-token-bucket");

        Assert.Equal([(200, 100), (429, 900)], answers.CountBy(answer => answer.Status).Select(count => (count.Key, count.Value)).Order());
        Assert.All(answers, answer => Assert.Equal("cluster", answer.Source));
    }

    private static Task<Answer[]> AtOnceAsync(FrontEndNode[] frontEnds, string key, string policy) => Task.WhenAll(
        Enumerable.Range(0, 1_000).Select(i => frontEnds[i % frontEnds.Length].ChargeAsync(key, policy, Cancellation)));

    /// <summary>Twenty requests, each sent five times to each front end at once.</summary>
    private static async Task RepeatedRequestsAreChargedOnceAsync(string key, FrontEndNode[] frontEnds)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var answer = await frontEnds[i / 100].ChargeAsync(key, Scenario.Slow, Cancellation, requestId: $"order-{i % 20}");
            return (Request: i % 20, answer.Status, answer.Source, answer.Remaining);
        }));

        // Each request has one answer, however often it was sent; and each took one.
        Assert.All(answers, answer => Assert.Equal((200, "cluster"), (answer.Status, answer.Source)));
        Assert.Equal(20, answers.Distinct().Count());
        Assert.Equal(Enumerable.Range(80, 20).Select(i => (long?)i), answers.Select(answer => answer.Remaining).Distinct().Order());
        Assert.Equal(80, (await frontEnds[0].CheckAsync(key, Scenario.Slow, Cancellation)).Remaining);
    }
}
