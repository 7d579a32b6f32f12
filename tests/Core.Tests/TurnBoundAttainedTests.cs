using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>For each bound of two contents in turn a schedule that reaches it, as docs/accuracy.md tells it.</summary>
public sealed class TurnBoundAttainedTests
{
    private const long Millisecond = 1_000;

    // A multiple of every window here.
    private const long Today = 1_795_308_240_000_000;

    private readonly List<(long At, long Permits)> _admitted = [];

    [Theory]
    [InlineData(Algorithm.TokenBucket, Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra, Algorithm.Gcra)]
    [InlineData(Algorithm.TokenBucket, Algorithm.Gcra)]
    [InlineData(Algorithm.TokenBucket, Algorithm.LeakyBucket)]
    [InlineData(Algorithm.LeakyBucket, Algorithm.LeakyBucket)]
    public void Buckets_admit_the_larger_burst_and_the_faster_flow(Algorithm slow, Algorithm fast)
    {
        var (large, quick) = (Spec(slow, 20, 40), Spec(fast, 6, 6));
        var key = new LiveKey(quick, Today);
        Take(key, quick, 6);
        TakeEachAsItComes(key, quick, until: Today + 20 * Millisecond);
        key.Now = Today + 20 * Millisecond - 1;
        Take(key, large, 40);

        AssertReached(large, quick, 20 * Millisecond);
    }

    [Fact]
    public void Fixed_windows_of_different_lengths_admit_a_limit_at_each_boundary_of_either()
    {
        var (fifteen, ten) = (Spec(Algorithm.FixedWindow, 7, 15), Spec(Algorithm.FixedWindow, 4, 10));
        var key = new LiveKey(ten, Today + 10 * Millisecond - 1);
        Take(key, ten, 4);
        key.Now++;
        Take(key, fifteen, 7);
        key.Now += 5 * Millisecond;
        Take(key, fifteen, 7);

        AssertReached(fifteen, ten, 10 * Millisecond);
    }

    [Fact]
    public void Fixed_windows_of_one_length_admit_twice_the_larger_limit()
    {
        var (seven, four) = (Spec(Algorithm.FixedWindow, 7, 10), Spec(Algorithm.FixedWindow, 4, 10));
        var key = new LiveKey(four, Today + 10 * Millisecond - 1);
        Take(key, four, 4);
        Take(key, seven, 3);
        key.Now++;
        Take(key, four, 4);
        Take(key, seven, 3);

        AssertReached(seven, four, 10 * Millisecond);
    }

    [Fact]
    public void Sliding_counters_admit_the_larger_limit_and_the_faster_flow()
    {
        var (large, quick) = (Spec(Algorithm.SlidingWindowCounter, 20, 60), Spec(Algorithm.SlidingWindowCounter, 6, 10));
        var key = new LiveKey(quick, Today + 10 * Millisecond - 1);
        Take(key, quick, 6);
        TakeEachAsItComes(key, quick, until: Today + 20 * Millisecond - 1);
        key.Now = Today + 20 * Millisecond - 2;
        Take(key, large, 20);

        AssertReached(large, quick, 10 * Millisecond);
    }

    [Fact]
    public void Sliding_logs_admit_the_larger_limit_once_per_shorter_window()
    {
        var (large, quick) = (Spec(Algorithm.SlidingWindowLog, 7, 30), Spec(Algorithm.SlidingWindowLog, 2, 10));
        var key = new LiveKey(large, Today);
        for (var i = 0; i < 3; i++)
        {
            Take(key, quick, 1);
            Take(key, large, 6);
            key.Now += 10 * Millisecond;
        }

        AssertReached(large, quick, 30 * Millisecond);
    }

    [Fact]
    public void A_bucket_and_a_fixed_window_admit_what_both_free()
    {
        var (bucket, window) = (Spec(Algorithm.TokenBucket, 3, 20, 5), Spec(Algorithm.FixedWindow, 4, 10));
        var key = new LiveKey(window, Today + 10 * Millisecond - 1);
        Take(key, window, 4);
        key.Now++;
        Take(key, bucket, 5);
        TakeEachAsItComes(key, bucket, until: Today + 20 * Millisecond - 1);

        AssertReached(bucket, window, 10 * Millisecond);
    }

    [Fact]
    public void A_log_and_a_fixed_window_admit_a_limit_at_the_boundary()
    {
        var (log, window) = (Spec(Algorithm.SlidingWindowLog, 5, 10), Spec(Algorithm.FixedWindow, 4, 10));
        var key = new LiveKey(window, Today + 10 * Millisecond - 1);
        Take(key, window, 4);
        key.Now++;
        Take(key, log, 5);

        AssertReached(log, window, 10 * Millisecond);
    }

    [Fact]
    public void Callers_of_two_leaky_buckets_in_turn_proceed_no_faster_than_the_faster_one_lets_them()
    {
        // 60 ms and 6 ms a turn. Ten wait under the slow one; each that comes under the fast one has its turn behind all who were told
        // theirs.
        var (slow, fast) = (Spec(Algorithm.LeakyBucket, 1, 60, 10), Spec(Algorithm.LeakyBucket, 10, 60));
        var key = new LiveKey(slow, Today);
        var turns = new List<long>();
        for (var i = 0; i < 10; i++)
            Queue(slow);
        key.Now += 60 * Millisecond;
        for (var i = 0; i < 10; i++)
        {
            Queue(fast);
            key.Now += 6 * Millisecond;
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => Today + i * 60 * Millisecond), turns.Take(10));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => Today + 600 * Millisecond + i * 6 * Millisecond), turns.Skip(10));
        Assert.Equal(10, turns.Max(first => turns.Count(turn => turn >= first && turn < first + 60 * Millisecond)));

        void Queue(LimitSpec caller)
        {
            key.Caller = caller;
            var decision = key.Acquire();
            Assert.Equal(1, decision.Charged);
            turns.Add(key.Now + decision.Delay.Microseconds);
        }
    }

    private static LimitSpec Spec(Algorithm algorithm, long limit, int milliseconds, long? burst = null) =>
        LimitSpec.Of(algorithm, Bandwidth.Of(limit, TimeSpan.FromMilliseconds(milliseconds), burst));

    private void Take(LiveKey key, LimitSpec caller, long permits)
    {
        key.Caller = caller;
        _admitted.Add((key.Now, key.AcquireUpTo(permits).Charged));
    }

    private void TakeEachAsItComes(LiveKey key, LimitSpec caller, long until)
    {
        key.Caller = caller;
        while (key.Peek().NextAfter is { IsNever: false } next && key.Now + next.Microseconds < until)
        {
            key.Now += next.Microseconds;
            Take(key, caller, long.MaxValue);
        }
    }

    private void AssertReached(LimitSpec one, LimitSpec other, long window)
    {
        Assert.True(_admitted[^1].At - _admitted[0].At < window);
        Assert.Equal(TurnBound.Of(one, other, window), _admitted.Sum(entry => entry.Permits));
    }
}
