using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>For each bound a schedule that reaches it, as docs/accuracy.md tells it.</summary>
public sealed class BoundAttainedTests
{
    private const long Second = 1_000_000;
    private const long Today = 1_795_308_217 * Second;

    [Theory]
    [InlineData(Algorithm.TokenBucket, 10, 20)]
    [InlineData(Algorithm.TokenBucket, 10, 10)]
    [InlineData(Algorithm.TokenBucket, 7, 1)]
    [InlineData(Algorithm.Gcra, 10, 20)]
    [InlineData(Algorithm.Gcra, 7, 1)]
    public void A_bucket_admits_a_burst_and_then_every_permit_that_flows_in_the_window(Algorithm algorithm, long limit, long burst)
    {
        var key = new LiveKey(algorithm, limit, Second, burst, Today);
        var admitted = key.Acquire(burst).Charged;

        admitted += TakeEachAsItComes(key, until: Today + Second);

        Assert.Equal(burst + limit - 1, admitted);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    public void A_bucket_with_more_permits_than_microseconds_falls_short_by_what_flows_in_the_last_one(Algorithm algorithm)
    {
        // 2.5 permits a microsecond: 2,500 and a window of 1,000, less ceil(2.5).
        var key = new LiveKey(algorithm, 2_500, 1_000, 100, Today);
        var admitted = key.Acquire(100).Charged;

        admitted += TakeEachAsItComes(key, until: Today + 1_000);

        Assert.Equal(100 + 2_500 - 3, admitted);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    public void A_coarse_tick_lets_a_whole_window_flow(Algorithm algorithm)
    {
        const long Limit = 999_999_937;
        const long Minute = 60 * Second;
        var key = new LiveKey(algorithm, Limit, Minute, now: Today + 9);
        var admitted = key.Acquire(Limit).Charged;

        // From the end of one tick of 10 us to the beginning of another, a window less a microsecond later.
        key.Now += Minute - 1;
        admitted += key.AcquireUpTo(Limit).Charged;

        Assert.Equal(2 * Limit, admitted);
    }

    [Fact]
    public void A_fixed_window_admits_its_limit_on_either_side_of_a_boundary()
    {
        var key = new LiveKey(Algorithm.FixedWindow, 10, Second, now: Today + Second - 1);
        var admitted = key.Acquire(10).Charged;

        key.Now = Today + Second;
        admitted += key.Acquire(10).Charged;

        Assert.Equal(20, admitted);
    }

    [Fact]
    public void A_sliding_counter_admits_one_less_than_twice_its_limit()
    {
        // The limit at the very end of a window weighs less and less in the next; one microsecond before that is over, it still weighs one.
        var key = new LiveKey(Algorithm.SlidingWindowCounter, 10, Second, now: Today + Second - 1);
        var start = key.Now;
        var admitted = key.Acquire(10).Charged;

        admitted += TakeEachAsItComes(key, until: start + Second);

        Assert.Equal(19, admitted);
    }

    [Fact]
    public void A_sliding_log_admits_its_limit_and_nothing_more()
    {
        var key = new LiveKey(Algorithm.SlidingWindowLog, 10, Second, now: Today);
        var admitted = key.Acquire(10).Charged;

        admitted += TakeEachAsItComes(key, until: Today + Second);

        Assert.Equal(10, admitted);
        key.Now = Today + Second;
        Assert.Equal(10, key.AcquireUpTo(10).Charged);
    }

    [Fact]
    public void A_leaky_bucket_lets_the_limit_less_one_and_a_large_cost_proceed_in_a_window()
    {
        var key = new LiveKey(Algorithm.LeakyBucket, 10, Second, 20, Today);
        var proceeding = 0L;
        for (var i = 0; i < 9; i++)
            proceeding += key.Acquire().Charged;
        var last = key.Acquire(5);
        proceeding += last.Charged;

        Assert.Equal(10 + 5 - 1, proceeding);
        Assert.Equal(900_000, last.Delay.Microseconds);
    }

    [Fact]
    public void A_concurrency_limit_holds_every_place_and_no_more()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, Second, now: Today);

        Assert.Equal(10, key.AcquireUpTo(11).Charged);

        key.Now = Today + Second - 1;
        Assert.Equal(0, key.AcquireUpTo(1).Charged);
        key.Now = Today + Second;
        Assert.Equal(10, key.AcquireUpTo(11).Charged);
    }

    /// <summary>Asks for all there is whenever there is more, as long as the clock is before <paramref name="until"/>.</summary>
    private static long TakeEachAsItComes(LiveKey key, long until)
    {
        var admitted = 0L;
        while (key.Now + key.Peek().NextAfter.Microseconds < until)
        {
            key.Now += key.Peek().NextAfter.Microseconds;
            admitted += key.AcquireUpTo(long.MaxValue).Charged;
        }

        return admitted;
    }
}
