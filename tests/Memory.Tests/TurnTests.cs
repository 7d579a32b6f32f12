using OrleansLimiter.Conformance;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Two front ends whose configuration differs ask in turn, as during a rolling restart.</summary>
public sealed class TurnTests
{
    [Fact]
    public Task Each_of_two_contents_in_turn_decides_its_own_calls_and_both_together_keep_to_the_bound() =>
        ContentPairs.RunAsync(new MemoryTarget(ConformanceFeatures.ForgetsWholeKeys), seed: 1, TestContext.Current.CancellationToken);
}
