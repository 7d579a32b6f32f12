using OrleansLimiter.Conformance;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Two front ends whose configuration differs ask in turn, as during a rolling restart.</summary>
public sealed class TurnTests
{
    [Fact]
    public async Task Each_of_two_contents_in_turn_decides_its_own_calls_and_both_together_keep_to_the_bound()
    {
        await using var silos = await TestSilos.StartAsync();

        await ContentPairs.RunAsync(new OrleansTarget(silos, restartsOnceIn: 0), seed: 1, TestContext.Current.CancellationToken);
    }
}
