using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Algorithms.Gcra;
using OrleansLimiter.Core.Algorithms.SlidingWindowCounter;
using OrleansLimiter.Core.Algorithms.TokenBucket;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>No number that can be written down overflows, throws or makes a key lie.</summary>
public sealed class ExtremeNumberTests
{
    private static readonly long[] Extremes = [
        long.MinValue, -1, 0, 1, 2, 1_000_000_000, 1_000_000_001, Instant.MaxMicroseconds - 1, Instant.MaxMicroseconds,
        Instant.MaxMicroseconds + 1, long.MaxValue - 1, long.MaxValue];

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void Any_time_and_any_cost_give_an_answer_within_its_bounds(Algorithm algorithm)
    {
        foreach (var spec in LargestAndSmallest(algorithm))
        {
            RandomLife.ForSeeds(100, (dice, _) =>
            {
                var key = new LiveKey(spec, dice.OneOf(Extremes));
                for (var i = 0; i < 40; i++)
                {
                    key.Now = dice.OnceIn(3) ? dice.OneOf(Extremes) : (long)dice.Bits();
                    var operation = dice.OneOf(Enum.GetValues<Operation>());
                    var cost = dice.OneOf(Extremes[2], 1, spec.Capacity, spec.Capacity + 1, long.MaxValue, (long)(dice.Bits() >> 1));
                    if (spec.Supports(operation))
                        AssertSound(spec, key.Do(operation, cost));
                    Assert.InRange(key.ForgettableAt.Microseconds, 0, Instant.MaxMicroseconds);
                }
            });
        }
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.LeakyBucket)]
    [InlineData(Algorithm.SlidingWindowCounter)]
    public void A_bandwidth_for_which_no_tick_exists_is_refused_by_name(Algorithm algorithm)
    {
        // 366 days less a microsecond have no power of ten in them, and 10^9 permits of them are over 2^53.
        var window = TimeSpan.FromDays(366) - TimeSpan.FromMicroseconds(1);
        var good = Bandwidth.Of(10, TimeSpan.FromMinutes(1));
        var bad = Bandwidth.Of(1_000_000_000, window);
        IReadOnlyList<Bandwidth> bandwidths = algorithm == Algorithm.LeakyBucket ? [bad] : [good, bad];

        Assert.False(LimitSpec.TryCreate(algorithm, bandwidths, 0, out var spec, out var error));

        Assert.Null(spec);
        Assert.Equal($"bandwidths[{bandwidths.Count - 1}].window", error.Field);
        Assert.Equal("365.23:59:59.9999990 with 1000000000 permits", error.Value);
        Assert.Equal(
            "must keep permits times window under 2^53, counted in a tick of 1 us or a power of ten up to 1 s that divides the window: "
            + "choose a shorter or rounder window, or fewer permits", error.Rule);
    }

    [Theory]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindowLog)]
    [InlineData(Algorithm.Concurrency)]
    public void Algorithms_that_form_no_product_take_any_window(Algorithm algorithm)
    {
        var window = TimeSpan.FromDays(366) - TimeSpan.FromMicroseconds(1);
        var limit = algorithm == Algorithm.FixedWindow ? 1_000_000_000 : 10_000;

        Assert.Equal(limit, LimitSpec.Of(algorithm, Bandwidth.Of(limit, window)).Capacity);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(10_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void A_coarse_tick_is_the_finest_that_will_do_and_waits_stay_exact(long tick)
    {
        // As many ticks as keep the product just under 2^53; a prime number of permits, so that nothing reduces.
        const long Prime = 999_999_937;
        var ticks = ((1L << 53) - 1) / Prime / 10 * 10 - 3;
        var bandwidth = Bandwidth.Of(Prime, TimeSpan.FromMicroseconds(ticks * tick));
        Assert.Equal(tick, TickReference.OfBucket(bandwidth));
        Assert.True(TokenBucketAlgorithm.TryCompile(bandwidth, out var bucket, out _));
        Assert.True(GcraAlgorithm.TryCompile(bandwidth, out var gcra, out _));
        Assert.True(SlidingWindowCounterAlgorithm.TryCompile(bandwidth, out var counter, out _));
        Assert.Equal((tick, tick, tick), (bucket.Tick.Microseconds, gcra.Tick.Microseconds, counter.Tick.Microseconds));

        var start = 1_795_308_217_000_000 / tick * tick;
        var key = new LiveKey(LimitSpec.Of(Algorithm.TokenBucket, bandwidth), start + tick / 2);
        key.Acquire(Prime);
        var refused = key.Acquire(1);

        // A tick brings more than a hundred permits, so the next begins it.
        Assert.Equal(start + tick, key.Now + refused.RetryAfter.Microseconds);
    }

    [Fact]
    public void The_largest_bandwidth_there_is_counts_to_the_last_permit()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 1_000_000_000, 366L * 86_400 * 1_000_000, now: 0);

        Assert.Equal(999_999_999, key.Acquire(1).Remaining);
        Assert.Equal(999_999_999, key.AcquireUpTo(long.MaxValue).Charged);
        Assert.Equal(366L * 86_400 * 1_000_000, key.Peek().ResetAfter.Microseconds);
    }

    [Fact]
    public void A_slow_rate_in_a_long_window_does_not_drift()
    {
        // One permit in 366 days, asked ten thousand times on the way: the microsecond it comes is still the right one.
        const long Window = 366L * 86_400 * 1_000_000;
        var key = new LiveKey(Algorithm.TokenBucket, 7, Window, now: 1_795_308_217_000_000);
        var start = key.Now;
        key.Acquire(7);
        for (var i = 1; i < 10_000; i++)
        {
            key.Now = start + (long)((Int128)Window * i / 70_000);
            Assert.Equal(Outcome.Limited, key.Acquire().Outcome);
        }

        Assert.Equal(start + Window / 7 + 1, key.Now + key.Acquire().RetryAfter.Microseconds);
    }

    private static IEnumerable<LimitSpec> LargestAndSmallest(Algorithm algorithm)
    {
        var most = algorithm switch
        {
            Algorithm.SlidingWindowLog or Algorithm.Concurrency => 10_000,
            Algorithm.SlidingWindowCounter => ((1L << 53) - 1) / (366 * 86_400), // times the longest window in ticks of 1 s
            _ => Bandwidth.MaxLimit,
        };
        foreach (var limit in (long[])[1, most])
        {
            foreach (var window in (TimeSpan[])[Bandwidth.MinWindow, Bandwidth.MaxWindow])
                yield return LimitSpec.Of(algorithm, Bandwidth.Of(limit, window));
        }
    }

    private static void AssertSound(LimitSpec spec, Decision decision)
    {
        Assert.InRange(decision.Remaining, 0, spec.Capacity);
        Assert.InRange(decision.Charged, 0, spec.Capacity);
        Assert.InRange(decision.ResetAfter.Microseconds, 0, Instant.MaxMicroseconds);
        Assert.InRange(decision.Delay.Microseconds, 0, Instant.MaxMicroseconds);
        Assert.Equal(decision.Outcome == Outcome.Limited, decision.RetryAfter.Microseconds > 0);
        Assert.Equal(decision.Outcome == Outcome.CostAboveCapacity, decision.RetryAfter.IsNever);
    }
}
