using OrleansLimiter.Conformance;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>Two front ends whose configuration differs ask in turn, as during a rolling restart.</summary>
public sealed class TurnTests
{
    [Fact]
    public async Task Each_of_two_contents_in_turn_decides_its_own_calls_and_both_together_keep_to_the_bound()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server);

        await ContentPairs.RunAsync(target, seed: 1, TestContext.Current.CancellationToken);
    }
}
