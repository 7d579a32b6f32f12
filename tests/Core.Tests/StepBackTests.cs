using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Tests.Reference;
using OrleansLimiter.TestKit;
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

    [Theory]
    [MemberData(nameof(RandomLife.RateAlgorithms), MemberType = typeof(RandomLife))]
    public void Stepping_back_gives_no_more_than_staying_at_the_latest_time(Algorithm algorithm)
    {
        var charged = 0;
        RandomLife.ForSeeds(1_500, (dice, flavour) =>
        {
            var seed = (long)dice.Bits();
            var stepping = RandomLife.Of(new Dice(seed), algorithm, flavour);
            var staying = RandomLife.Of(new Dice(seed), algorithm, flavour);

            // Charged now, so that every algorithm knows the time.
            if (!stepping.Acquire().IsAdmitted || !staying.Acquire().IsAdmitted)
                return;
            var latest = stepping.Now;
            var window = stepping.Spec.Bandwidths[0].WindowMicroseconds;
            for (var i = 0; i < 6; i++)
            {
                stepping.Now = Math.Max(0, latest - dice.OneOf(0, 1, dice.From(0, window), dice.From(0, 5 * window)));
                Assert.True(stepping.Peek().Remaining <= staying.Peek().Remaining);
                var asked = dice.OneOf(1, dice.From(1, stepping.Spec.Capacity));
                var got = stepping.AcquireUpTo(asked).Charged;
                if (got == 0)
                    continue;
                Interlocked.Increment(ref charged);
                Assert.Equal(Outcome.Admitted, staying.Acquire(got).Outcome);
            }

            for (var i = 0; i < 6; i++)
            {
                stepping.Now = staying.Now = latest + dice.From(0, 2 * window);
                Assert.True(stepping.Peek().Remaining <= staying.Peek().Remaining);
            }
        });
        Assert.True(charged > 1_000, $"Only {charged} charges were made while the clock had stepped back.");
    }

    [Fact]
    public void Stepping_back_never_holds_more_places_than_there_are() => RandomLife.ForSeeds(500, (dice, flavour) =>
    {
        var spec = RandomSpecs.Draw(dice, Algorithm.Concurrency, flavour);
        var walk = new RandomSteps(dice, flavour, stepsBack: true);
        var key = new LiveKey(spec, walk.Now);
        var held = new List<(long Permits, long Until)>();
        for (var i = 0; i < 60; i++)
        {
            walk.MoveClock(spec);
            key.Now = walk.Now;
            var got = key.AcquireUpTo(dice.From(1, spec.Capacity)).Charged;
            held.Add((got, key.Now + spec.Bandwidths[0].WindowMicroseconds));
            held.RemoveAll(place => place.Until <= key.Now);
            Assert.True(held.Sum(place => place.Permits) <= spec.Capacity);
        }
    });
}
