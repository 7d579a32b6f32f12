using System.Diagnostics;
using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>
/// The list of silos is lost under load, in one way and another: the silos end soon, join when they are started anew, and nobody's request
/// fails.
/// </summary>
[Collection(nameof(Processes))]
public sealed class ListLossTests
{
    private const int Bound = 180_000;

    /// <summary>How long after Redis answers again silos may live on without a list.</summary>
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(15);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task Redis_comes_back_empty_and_the_silos_end_and_join_when_they_are_started_anew()
    {
        await using var scenario = Scenario.Create();
        await SilosEndAndJoinAsync(scenario, () => scenario.Redis.ForgetAllAsync(Cancellation));
    }

    [Fact(Timeout = Bound)]
    [Trait("Length", "long")] // ./test --long runs it
    public async Task Another_Redis_takes_its_place_after_a_while_and_the_silos_end_and_join_when_they_are_started_anew()
    {
        // Long enough for the pauses between attempts to connect to have grown.
        await using var scenario = Scenario.Create();
        await SilosEndAndJoinAsync(scenario, () => scenario.Redis.ReplaceAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    [Fact(Timeout = Bound)]
    [Trait("Length", "long")] // ./test --long runs it
    public async Task The_key_of_the_list_comes_to_hold_something_else_and_the_silos_end_and_join_when_they_are_started_anew()
    {
        await using var scenario = Scenario.Create();
        await SilosEndAndJoinAsync(scenario, () => scenario.Redis.TellAsync($"SET {scenario.ListKey} something", "+OK", Cancellation));
    }

    [Fact(Timeout = Bound)]
    public async Task An_old_copy_of_the_list_is_restored_in_which_one_silo_is_missing_and_both_end_and_join_when_they_are_started_anew()
    {
        await using var scenario = Scenario.Create();
        var copy = $"{scenario.ListKey}/copy";
        await SilosEndAndJoinAsync(
            scenario,
            () => scenario.Redis.TellAsync($"COPY {copy} {scenario.ListKey} REPLACE", ":1", Cancellation),
            () => scenario.Redis.TellAsync($"COPY {scenario.ListKey} {copy}", ":1", Cancellation));
    }

    [Fact(Timeout = Bound)]
    public async Task A_silo_that_joins_an_emptied_list_has_the_old_ones_beside_it_for_a_moment_only()
    {
        await using var scenario = Scenario.Create();
        var (first, second, frontEnd) = await StartAsync(scenario);
        var newcomer = scenario.Silo("silo-3");
        var keys = scenario.Keys(60);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        await using var load = Load.Begin(keys, frontEnd);

        await newcomer.StartAsync();
        await scenario.Redis.ForgetAllAsync(Cancellation);
        await EndInTimeAsync(first, second);
        await newcomer.JoinedAsync(Cancellation);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);

        Assert.False(newcomer.HasExited);
        await load.EndAsync();
        scenario.NoKeyIsLogged();
    }

    private static async Task SilosEndAndJoinAsync(Scenario scenario, Func<Task> lose, Func<Task>? withOneSilo = null)
    {
        var (first, second, frontEnd) = await StartAsync(scenario, withOneSilo);
        var keys = scenario.Keys(60);
        await frontEnd.AllFromClusterAsync(keys, Cancellation);
        await using var load = Load.Begin(keys, frontEnd);

        await lose();
        await EndInTimeAsync(first, second);
        var answer = await frontEnd.CheckAsync(keys[0].Key, keys[0].Policy, Cancellation);
        Assert.Equal((200, "local"), (answer.Status, answer.Source));
        await Task.WhenAll(first.StartAsync(), second.StartAsync());
        await Task.WhenAll(first.JoinedAsync(Cancellation), second.JoinedAsync(Cancellation));
        await frontEnd.AllFromClusterAsync(keys, Cancellation);

        await load.EndAsync();
        scenario.NoKeyIsLogged();
    }

    private static async Task EndInTimeAsync(params SiloNode[] silos)
    {
        var watch = Stopwatch.StartNew();
        await Eventually.TrueAsync(
            $"the silos have ended ({string.Join(", ", silos.Select(silo => silo.Log))})", () =>
                Task.FromResult(silos.All(silo => silo.HasExited)), Cancellation);
        TestContext.Current.SendDiagnosticMessage($"The silos ended after {watch.Elapsed}.");
        Assert.True(watch.Elapsed < EndTime, $"The silos ended after {watch.Elapsed}.");
    }

    private static async Task<(SiloNode First, SiloNode Second, FrontEndNode FrontEnd)> StartAsync(
        Scenario scenario, Func<Task>? withOneSilo = null)
    {
        var (first, second, frontEnd) = (scenario.Silo("silo-1"), scenario.Silo("silo-2"), scenario.FrontEnd("front-end"));
        await scenario.Redis.StartAndListenAsync(Cancellation);
        await Task.WhenAll(first.StartAsync(), frontEnd.StartAsync());
        if (withOneSilo is not null)
        {
            await first.JoinedAsync(Cancellation);
            await withOneSilo();
        }

        await second.StartAsync();
        await Task.WhenAll(first.JoinedAsync(Cancellation), second.JoinedAsync(Cancellation), frontEnd.JoinedAsync(Cancellation));
        return (first, second, frontEnd);
    }
}
