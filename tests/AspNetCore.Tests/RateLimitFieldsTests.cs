using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;


namespace OrleansLimiter.AspNetCore.Tests;

public sealed class RateLimitFieldsTests
{
    [Theory]
    [InlineData(Algorithm.TokenBucket, 10, 60_000, null, "\"p\";q=10;w=60")]
    [InlineData(Algorithm.TokenBucket, 10, 60_000, 20L, "\"p\";q=20;w=120")]
    [InlineData(Algorithm.TokenBucket, 60, 60_000, 10L, "\"p\";q=10;w=10")]
    [InlineData(Algorithm.TokenBucket, 7, 60_000, 3L, "\"p\";q=3;w=26")]
    [InlineData(Algorithm.TokenBucket, 1_000, 1, 1L, "\"p\";q=1;w=1")]
    [InlineData(Algorithm.Gcra, 10, 10_000, 15L, "\"p\";q=15;w=15")]
    [InlineData(Algorithm.LeakyBucket, 10, 10_000, 5L, "\"p\";q=5;w=5")]
    [InlineData(Algorithm.FixedWindow, 10, 10_000, null, "\"p\";q=10;w=10")]
    [InlineData(Algorithm.FixedWindow, 10, 1_500, null, "\"p\";q=10;w=2")]
    [InlineData(Algorithm.SlidingWindowCounter, 5, 60_000, null, "\"p\";q=5;w=60")]
    [InlineData(Algorithm.SlidingWindowLog, 5, 1, null, "\"p\";q=5;w=1")]
    [InlineData(Algorithm.Concurrency, 10, 10_000, null, "\"p\";q=10;qu=\"concurrent-requests\"")]
    public void The_policy_says_capacity_and_the_seconds_that_fill_it(
        Algorithm algorithm, long limit, int milliseconds, long? burst, string expected) =>
        Assert.Equal(expected, new RateLimitFields(
            "p", LimitSpec.Of(algorithm, Bandwidth.Of(limit, TimeSpan.FromMilliseconds(milliseconds), burst))).Policy);

    [Fact]
    public void A_window_beyond_the_largest_integer_of_a_structured_field_is_that_integer()
    {
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(1, TimeSpan.FromDays(366), 100_000_000));
        Assert.Equal("\"p\";q=100000000;w=999999999999999", new RateLimitFields("p", spec).Policy);
    }

    [Fact]
    public void Several_bandwidths_are_items_and_the_limit_names_the_tightest()
    {
        var fields = new RateLimitFields(
            "p", LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(1)), Bandwidth.Of(20, TimeSpan.FromMinutes(1))));
        Assert.Equal("\"p.1\";q=10;w=1, \"p.2\";q=20;w=60", fields.Policy);
        Assert.Equal("\"p.2\";r=3;t=3", fields.Limit(new Decision
        {
            Tightest = 1,
            Remaining = 3,
            NextAfter = Wait.OfMicroseconds(2_000_001),
        }));

        // A repeated answer from before the policy lost a bandwidth.
        Assert.Equal("\"p.2\";r=3", fields.Limit(new Decision { Tightest = 7, Remaining = 3, NextAfter = Wait.Never }));
    }

    [Theory]
    [InlineData(3, 6_000_000, "\"p\";r=3;t=6")]
    [InlineData(3, 6_000_001, "\"p\";r=3;t=7")]
    [InlineData(0, 1, "\"p\";r=0;t=1")]
    [InlineData(10, -1, "\"p\";r=10")]
    [InlineData(999_999_999, 9_007_199_254_740_991, "\"p\";r=999999999;t=9007199255")]
    public void The_limit_says_what_remains_and_when_it_grows(long remaining, long nextMicroseconds, string expected)
    {
        var fields = new RateLimitFields("p", LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromMinutes(1))));
        var next = nextMicroseconds < 0 ? Wait.Never : Wait.OfMicroseconds(nextMicroseconds);
        Assert.Equal(expected, fields.Limit(new Decision { Remaining = remaining, NextAfter = next }));
    }
}
