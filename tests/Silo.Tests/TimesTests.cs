using System.Diagnostics;
using System.Globalization;
using OrleansLimiter.Silo.Tests.Nodes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>How soon the cluster's processes give up waiting for each other. Orleans' own default is half a minute.</summary>
[Collection(nameof(Processes))]
public sealed class TimesTests
{
    private const int Bound = 180_000;

    /// <summary>
    /// Longer than <see cref="Engines.Orleans.Connecting.ClusterTimes.Response"/>, and shorter than the longest deadline that a front end
    /// may have.
    /// </summary>
    private static readonly TimeSpan GivenUpTime = TimeSpan.FromSeconds(6);

    // So that a frozen silo stays in the list for as long as the test looks, and a front end waits for longer than Orleans does.
    private static readonly (string, string) Unnoticed = ("Cluster__ProbeTimeout", "10s");
    private static readonly (string, string)[] Waiting = [("Limiter__Deadline", "10s"), ("Limiter__Breaker__Pause", "10s")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task A_client_gives_up_a_call_that_nobody_answers_before_its_callers_deadline()
    {
        await using var scenario = Scenario.Create();
        var (silo, frontEnd) = (scenario.Silo("silo"), scenario.FrontEnd("front-end", Waiting));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(silo.StartAsync(), frontEnd.StartAsync());
        await frontEnd.JoinedAsync(Cancellation);

        await FrozenSilosCallsEndAsync(scenario, silo, frontEnd);
    }

    [Fact(Timeout = Bound)]
    public async Task A_silo_gives_up_a_call_that_another_does_not_answer_before_its_callers_deadline()
    {
        await using var scenario = Scenario.Create();
        var (silo, frontEnd) = (scenario.Silo("silo", Unnoticed), scenario.CoHosted("front-end", [Unnoticed, .. Waiting]));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(silo.StartAsync(), frontEnd.StartAsync());
        await Task.WhenAll(silo.JoinedAsync(Cancellation), frontEnd.JoinedAsync(Cancellation));

        await FrozenSilosCallsEndAsync(scenario, silo, frontEnd);
    }

    private static async Task FrozenSilosCallsEndAsync(Scenario scenario, SiloNode silo, FrontEndNode frontEnd)
    {
        var keys = scenario.Keys(20);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);

        await silo.FreezeAsync();
        var calls = await Task.WhenAll(keys.Select(async key =>
        {
            var watch = Stopwatch.StartNew();
            return (Answer: await frontEnd.ChargeAsync(key.Key, key.Policy, Cancellation), Took: watch.Elapsed);
        }));

        Assert.All(calls, call => Assert.True(
            call.Answer.IsDecision, string.Create(CultureInfo.InvariantCulture, $"{call.Answer.Status} {call.Answer.Text}")));
        Assert.Contains(calls, call => call.Answer.Source == "local");
        var longest = calls.Max(call => call.Took);
        Assert.True(longest < GivenUpTime, $"A call was given up after {longest}.");
    }
}
