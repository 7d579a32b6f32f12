using OrleansLimiter.Silo.Tests.Nodes;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>Places of a concurrency limit, each for an hour, that were given out while nobody heard of it.</summary>
[Collection(nameof(Processes))]
[Trait("Length", "long")] // ./test --long runs it
public sealed class HeldPlacesTests
{
    private const int Bound = 180_000;
    private const string Policy = "exact-concurrency";
    private const int Places = 100;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = Bound)]
    [InlineData("orleans")]
    [InlineData("redis")]
    public async Task What_an_engine_gives_out_after_a_stall_is_free_again_and_so_is_what_was_asked_for_by_a_front_end_that_died(
        string engine)
    {
        await using var scenario = Scenario.Create($"held-places-{engine}");
        var (silo, frontEnd, other) = (
            scenario.Silo("silo"), scenario.FrontEnd("front-end", ("LIMITER_ENGINE", engine)),
            scenario.FrontEnd("other", ("LIMITER_ENGINE", engine)));
        Node owner = engine == "redis" ? scenario.Redis : silo;
        await scenario.Redis.StartAndListenAsync(Cancellation);
        if (engine != "redis")
            await silo.StartAsync();
        await Task.WhenAll(frontEnd.StartAsync(), other.StartAsync());
        var key = scenario.Key(1);
        foreach (var node in (FrontEndNode[])[frontEnd, other])
            await FreeAsync(node, key);

        // Every caller hears that nobody decided; half of them could ask again under their id, and do not.
        await owner.FreezeAsync();
        Assert.All(await AskAsync(frontEnd, key, "a"), answer => Assert.Equal(503, answer.Status));
        await owner.ThawAsync();
        await FreeAsync(other, key);

        // The same, and then nobody is left who knows of the places.
        await owner.FreezeAsync();
        Assert.All(await AskAsync(frontEnd, key, "b"), answer => Assert.Equal(503, answer.Status));
        await frontEnd.KillAsync(Cancellation);
        await owner.ThawAsync();
        await Eventually.TrueAsync($"places are held ({other.Log})", async () =>
            (await other.CheckAsync(key, Policy, Cancellation)).Remaining < Places, Cancellation);
        await FreeAsync(other, key);
    }

    private static Task<Answer[]> AskAsync(FrontEndNode frontEnd, string key, string name) => Task.WhenAll(
        Enumerable.Range(0, Places).Select(
            number => frontEnd.ChargeAsync(key, Policy, Cancellation, requestId: number % 2 == 0 ? $"{name}-{number}" : null)));

    private static Task FreeAsync(FrontEndNode frontEnd, string key) => Eventually.EqualAsync<(int, long?)>(
        (200, Places),
        $"status and free places ({frontEnd.Log})",
        async () =>
        {
            try
            {
                var answer = await frontEnd.CheckAsync(key, Policy, Cancellation);
                return (answer.Status, answer.Remaining);
            }
            catch (HttpRequestException)
            {
                return default; // it starts
            }
        },
        Cancellation);
}
