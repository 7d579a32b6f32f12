using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
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

    [Fact]
    public void A_request_id_refunded_after_a_step_back_is_refunded_once()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 10, 3_600 * Second, now: 100 * Second);
        key.Acquire(6, "order-1");
        key.Acquire(4, "order-2");

        key.Now = 50 * Second;
        Assert.Equal(4, key.Refund(4, "order-2").Remaining);

        // 65 s after that refund by the clock, 15 s after the charge: the charge is known, so the refund must be too.
        key.Now = 115 * Second;
        Assert.Equal(4, key.Refund(4, "order-2").Remaining);
        Assert.Equal(4, key.Peek().Remaining);
    }

    [Fact]
    public void A_refused_acquire_remembers_that_places_expired()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, 10 * Second);
        key.Acquire(4);
        key.Now = 5 * Second;
        key.Acquire(6);
        key.Now = 10 * Second;
        Assert.Equal(Outcome.Limited, key.Acquire(5).Outcome);

        key.Now = 9 * Second;

        Assert.Equal(4, key.Peek().Remaining);
    }
}
