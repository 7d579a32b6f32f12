using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>What a live key keeps when its policy changes.</summary>
public sealed class PolicyChangeTests
{
    private const long Second = 1_000_000;
    private const long Today = 1_795_308_217 * Second;

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.LeakyBucket)]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindowCounter)]
    [InlineData(Algorithm.SlidingWindowLog)]
    public void What_is_used_carries_over_unscaled(Algorithm algorithm)
    {
        var key = new LiveKey(Spec(algorithm, 0, (10, 60)), Today);
        key.Acquire(6);

        key.Caller = Spec(algorithm, 1, (100, 60));

        Assert.Equal(94, key.Peek().Remaining);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.LeakyBucket)]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindowCounter)]
    [InlineData(Algorithm.SlidingWindowLog)]
    public void More_used_than_the_new_limit_leaves_nothing(Algorithm algorithm)
    {
        var key = new LiveKey(Spec(algorithm, 0, (10, 60)), Today);
        key.Acquire(6);

        key.Caller = Spec(algorithm, 1, (4, 60));

        Assert.Equal(0, key.Peek().Remaining);
        Assert.Equal(Outcome.Limited, key.Acquire().Outcome);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Gcra)]
    [InlineData(Algorithm.LeakyBucket)]
    public void A_permit_half_way_back_counts_as_used(Algorithm algorithm)
    {
        var key = new LiveKey(Spec(algorithm, 0, (10, 10)), Today);
        key.Acquire(6);
        key.Now += (Second * 3) / 2;

        key.Caller = Spec(algorithm, 1, (10, 20));

        Assert.Equal(5, key.Peek().Remaining);
        Assert.Equal(2 * Second, key.Peek().NextAfter.Microseconds);
    }

    [Fact]
    public void Bandwidths_match_by_window_wherever_they_stand()
    {
        var key = new LiveKey(Spec(Algorithm.FixedWindow, 0, (10, 3_600), (10, 60)), Today);
        key.Acquire(6);
        key.Now += 60 * Second;
        key.Acquire(1);

        key.Caller = Spec(Algorithm.FixedWindow, 1, (30, 60), (30, 3_600));

        Assert.Equal((23, 1), (key.Peek().Remaining, key.Peek().Tightest));
    }

    [Fact]
    public void Bandwidths_of_new_windows_match_by_position()
    {
        var key = new LiveKey(Spec(Algorithm.FixedWindow, 0, (10, 3_600), (10, 60)), Today);
        key.Acquire(6);
        key.Now += 60 * Second;
        key.Acquire(1);

        // By position the second carries on the old second's 1, not the most that any has used.
        key.Caller = Spec(Algorithm.FixedWindow, 1, (30, 7_200), (20, 120));

        Assert.Equal((19, 1), (key.Peek().Remaining, key.Peek().Tightest));
    }

    [Fact]
    public void A_window_that_matched_is_not_matched_again_by_position()
    {
        var key = new LiveKey(Spec(Algorithm.FixedWindow, 0, (10, 60), (10, 3_600)), Today);
        key.Acquire(6);
        key.Now += 60 * Second;
        key.Acquire(1);

        // The hour goes to the first; the second's position held it, so the second has no partner and takes the most used, 7.
        key.Caller = Spec(Algorithm.FixedWindow, 1, (30, 3_600), (20, 120));

        Assert.Equal((13, 1), (key.Peek().Remaining, key.Peek().Tightest));
    }

    [Fact]
    public void A_bandwidth_without_a_partner_starts_with_the_most_that_any_has_used()
    {
        var key = new LiveKey(Spec(Algorithm.TokenBucket, 0, (10, 3_600)), Today);
        key.Acquire(6);

        key.Caller = Spec(Algorithm.TokenBucket, 1, (10, 3_600), (8, 60), (5, 10));

        var answer = key.Peek();
        Assert.Equal(0, answer.Remaining);
        Assert.Equal(2, answer.Tightest);
        key.Now += 10 * Second;
        Assert.Equal(3, key.Peek().Remaining);
        Assert.Equal(1, key.Peek().Tightest);
    }

    [Fact]
    public void A_sliding_counter_of_the_same_window_keeps_the_last_windows_count()
    {
        var start = Today / (60 * Second) * (60 * Second);
        var key = new LiveKey(Spec(Algorithm.SlidingWindowCounter, 0, (10, 60)), start);
        key.Acquire(10);
        key.Now += 90 * Second;

        key.Caller = Spec(Algorithm.SlidingWindowCounter, 1, (6, 60));

        Assert.Equal(1, key.Peek().Remaining);
        key.Now += 12 * Second;
        Assert.Equal(3, key.Peek().Remaining);
    }

    [Fact]
    public void A_sliding_counter_of_another_window_keeps_what_it_counts_as_used()
    {
        var start = Today / (60 * Second) * (60 * Second);
        var key = new LiveKey(Spec(Algorithm.SlidingWindowCounter, 0, (10, 60)), start);
        key.Acquire(10);
        key.Now += 90 * Second;

        key.Caller = Spec(Algorithm.SlidingWindowCounter, 1, (20, 30));

        Assert.Equal(15, key.Peek().Remaining);
        key.Now += 29 * Second;
        Assert.Equal(15, key.Peek().Remaining);
    }

    [Fact]
    public void A_log_stays_and_is_counted_by_the_new_window()
    {
        var key = new LiveKey(Spec(Algorithm.SlidingWindowLog, 0, (10, 60)), Today);
        key.Acquire(4);
        key.Now += 20 * Second;
        key.Acquire(3);

        key.Caller = Spec(Algorithm.SlidingWindowLog, 1, (10, 20));

        Assert.Equal(7, key.Peek().Remaining);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket, Algorithm.Gcra)]
    [InlineData(Algorithm.Gcra, Algorithm.FixedWindow)]
    [InlineData(Algorithm.FixedWindow, Algorithm.SlidingWindowCounter)]
    [InlineData(Algorithm.SlidingWindowCounter, Algorithm.SlidingWindowLog)]
    [InlineData(Algorithm.SlidingWindowLog, Algorithm.LeakyBucket)]
    [InlineData(Algorithm.LeakyBucket, Algorithm.TokenBucket)]
    public void Another_algorithm_starts_with_what_was_used(Algorithm before, Algorithm after)
    {
        var key = new LiveKey(Spec(before, 0, (10, 60)), Today);
        key.Acquire(6);

        key.Caller = Spec(after, 1, (10, 60));

        Assert.Equal(4, key.Peek().Remaining);
    }

    [Theory]
    [InlineData(Algorithm.Concurrency, Algorithm.TokenBucket)]
    [InlineData(Algorithm.TokenBucket, Algorithm.Concurrency)]
    [InlineData(Algorithm.SlidingWindowLog, Algorithm.Concurrency)]
    public void To_or_from_concurrency_starts_fresh(Algorithm before, Algorithm after)
    {
        var key = new LiveKey(Spec(before, 0, (10, 60)), Today);
        key.Acquire(6);

        key.Caller = Spec(after, 1, (10, 60));

        Assert.Equal(10, key.Peek().Remaining);
        Assert.Equal(Today, key.ForgettableAt.Microseconds);
    }

    [Fact]
    public void Places_stay_held_when_a_concurrency_limit_changes()
    {
        var key = new LiveKey(Spec(Algorithm.Concurrency, 0, (10, 60)), Today);
        var place = key.Acquire(6).Lease;

        key.Caller = Spec(Algorithm.Concurrency, 1, (7, 30));

        Assert.Equal(1, key.Peek().Remaining);
        Assert.Equal(60 * Second, key.Peek().ResetAfter.Microseconds);
        Assert.Equal(7, key.Release(place).Remaining);
    }

    [Fact]
    public void A_caller_with_an_older_spec_is_answered_under_the_newer_one_and_gets_it()
    {
        var (old, newer) = (Spec(Algorithm.TokenBucket, 3, (10, 60)), Spec(Algorithm.TokenBucket, 4, (2, 60)));
        var key = new LiveKey(old, Today) { Caller = newer };
        Assert.Null(key.Execute(Operation.Acquire, 1).NewerSpec);

        key.Caller = old;

        foreach (var operation in (Operation[])[
            Operation.Acquire, Operation.AcquireUpTo, Operation.Peek, Operation.Refund, Operation.Charge, Operation.Reset])
        {
            var reply = key.Execute(operation, 1);
            Assert.Same(newer, reply.NewerSpec);
            Assert.Equal(2, reply.Decision.Limit);
            Assert.Same(newer, key.Spec);
        }

        key.Caller = newer;
        Assert.Null(key.Execute(Operation.Peek, 1).NewerSpec);
    }

    [Fact]
    public void A_spec_made_again_from_the_same_numbers_changes_nothing()
    {
        var key = new LiveKey(Spec(Algorithm.TokenBucket, 1, (10, 60)), Today);
        key.Acquire(6);
        key.Now += 5 * Second;
        var before = key.Peek();

        key.Caller = Spec(Algorithm.TokenBucket, 1, (10, 60));

        Assert.Equal(before, key.Peek());
        Assert.Null(key.Execute(Operation.Peek, 0).NewerSpec);
    }

    [Fact]
    public void An_operation_that_the_newer_spec_has_not_leaves_the_key_as_it_was()
    {
        var old = Spec(Algorithm.TokenBucket, 0, (10, 60));
        var spec = old;
        var state = LimitKey.Fresh(spec, new Instant(Today));
        var request = new LimitRequest(LiveKey.Name, old, Operation.Acquire, Permits.Of(6));
        LimitKey.Execute(ref spec, ref state, request, default, new Instant(Today));

        // The owner of the key may hold the state by reference and the spec in a copy: neither may have changed.
        var refund = request with { Spec = Spec(Algorithm.Concurrency, 1, (10, 60)), Operation = Operation.Refund };
        Assert.Throws<NotSupportedException>(() => LimitKey.Execute(ref spec, ref state, refund, default, new Instant(Today)));

        Assert.Same(old, spec);
        Assert.Equal(4, LimitKey.Execute(
            ref spec, ref state, request with { Operation = Operation.Peek, Permits = default }, default,
            new Instant(Today)).Decision.Remaining);
    }

    [Fact]
    public void A_reset_under_a_newer_spec_leaves_a_fresh_key_under_it()
    {
        var newer = Spec(Algorithm.Gcra, 1, (20, 60));
        var key = new LiveKey(Spec(Algorithm.TokenBucket, 0, (10, 60)), Today);
        key.Acquire(6);

        key.Caller = newer;

        Assert.Equal(20, key.Reset().Remaining);
        Assert.Same(newer, key.Spec);
    }

    private static LimitSpec Spec(Algorithm algorithm, long revision, params (long Limit, int Seconds)[] bandwidths)
    {
        var list = bandwidths.Select(bandwidth => Bandwidth.Of(bandwidth.Limit, TimeSpan.FromSeconds(bandwidth.Seconds))).ToList();
        return LimitSpec.TryCreate(algorithm, list, revision, out var spec, out var error)
            ? spec
            : throw new InvalidOperationException(error.ToString());
    }
}
