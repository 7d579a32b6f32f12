using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>A clock that steps back is never more permissive than one that stays at the latest time seen.</summary>
public sealed class StepBackTests
{
    private const long Second = 1_000_000;

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.LeakyBucket)]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindowCounter)]
    public void A_key_that_has_everything_but_saw_a_later_time_is_as_good_as_fresh_only_when_that_time_comes(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 10, 10 * Second, now: 100 * Second);

        key.Now = 30 * Second;

        Assert.Equal(70 * Second, key.Peek().ResetAfter.Microseconds);
        Assert.Equal(100 * Second, key.ForgettableAt.Microseconds);
    }
}
