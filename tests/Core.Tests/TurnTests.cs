using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>
/// Two contents of one revision take turns on a live key: a changed configuration, and front ends restarted one by one or rolled back.
/// </summary>
public sealed class TurnTests
{
    private const long Second = 1_000_000;
    private const long Today = 1_795_308_240 * Second;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task Each_of_two_contents_in_turn_decides_its_own_calls_and_both_together_keep_to_the_bound(long seed) =>
        ContentPairs.RunAsync(new CoreTarget(), seed, TestContext.Current.CancellationToken);

    [Fact]
    public void A_raised_limit_takes_effect_at_once_and_so_does_a_rollback()
    {
        var (ten, twenty) = (Spec(Algorithm.TokenBucket, (10, 60)), Spec(Algorithm.TokenBucket, (20, 60)));
        var key = new LiveKey(ten, Today);
        key.Acquire(6);

        key.Caller = twenty;
        Assert.Equal((14, 20), (key.Peek().Remaining, key.Peek().Limit));
        key.Acquire();
        Assert.Same(twenty, key.Spec);

        key.Caller = ten;
        Assert.Equal((3, 10), (key.Peek().Remaining, key.Peek().Limit));
        Assert.Same(twenty, key.Spec);
        key.Acquire();
        Assert.Same(ten, key.Spec);
    }

    [Fact]
    public void A_caller_whose_limit_was_lowered_below_what_is_used_waits_for_the_old_spec_to_drain()
    {
        var (ten, two) = (Spec(Algorithm.TokenBucket, (10, 60)), Spec(Algorithm.TokenBucket, (2, 60)));
        var key = new LiveKey(ten, Today);
        key.Acquire(10);
        key.Caller = two;

        // By the old spec's rate of one in 6 s: nine have to come back for one of two to be free.
        var refused = key.Acquire();
        Assert.Equal((Outcome.Limited, 54 * Second), (refused.Outcome, refused.RetryAfter.Microseconds));
        Assert.Equal(60 * Second, refused.ResetAfter.Microseconds);

        key.Now += 54 * Second - 1;
        Assert.Equal(Outcome.Limited, key.Acquire().Outcome);
        Assert.Same(ten, key.Spec);
        key.Now++;
        Assert.Equal(Outcome.Admitted, key.Acquire().Outcome);
        Assert.Same(two, key.Spec);
    }

    [Fact]
    public void A_refusal_and_a_peek_leave_the_state_to_the_other_content()
    {
        var (ten, two) = (Spec(Algorithm.SlidingWindowLog, (10, 60)), Spec(Algorithm.SlidingWindowLog, (2, 20)));
        var key = new LiveKey(ten, Today);
        key.Acquire(4);
        key.Now += 30 * Second;

        // The other's window of 20 s counts none of them; what it drops must not be lost to this one.
        key.Caller = two;
        Assert.Equal(2, key.Peek().Remaining);
        Assert.Equal(Outcome.CostAboveCapacity, key.Acquire(3).Outcome);

        key.Caller = ten;
        Assert.Equal(6, key.Peek().Remaining);
    }

    [Theory]
    [InlineData(Operation.Refund, 3, 13)]
    [InlineData(Operation.Charge, 3, 19)]
    public void What_is_given_back_or_owed_where_more_is_used_than_the_caller_can_hold_is_not_lost(
        Operation operation, long permits, long used)
    {
        var (twenty, ten) = (Spec(Algorithm.FixedWindow, (20, 60)), Spec(Algorithm.FixedWindow, (10, 60)));
        var key = new LiveKey(twenty, Today);
        key.Acquire(16);

        key.Caller = ten;
        key.Do(operation, permits);

        key.Caller = twenty;
        Assert.Equal(20 - used, key.Peek().Remaining);
    }

    [Theory]
    [InlineData(Operation.Refund, 3, 3)]
    [InlineData(Operation.Charge, 3, 9)]
    [InlineData(Operation.AcquireUpTo, 9, 10)]
    public void What_fits_is_stored_under_the_callers_content(Operation operation, long permits, long used)
    {
        var (twenty, ten) = (Spec(Algorithm.SlidingWindowCounter, (20, 60)), Spec(Algorithm.SlidingWindowCounter, (10, 60)));
        var key = new LiveKey(twenty, Today);
        key.Acquire(6);

        key.Caller = ten;
        Assert.Equal(10 - used, key.Do(operation, permits).Remaining);

        Assert.Same(ten, key.Spec);
        key.Caller = twenty;
        Assert.Equal(20 - used, key.Peek().Remaining);
    }

    [Fact]
    public void A_request_that_was_answered_under_one_content_is_answered_the_same_under_the_other()
    {
        var (ten, gcra) = (Spec(Algorithm.TokenBucket, (10, 60)), Spec(Algorithm.Gcra, (20, 60)));
        var key = new LiveKey(ten, Today);
        var first = key.Acquire(4, "order-1");

        key.Caller = gcra;
        Assert.Equal(first, key.Acquire(4, "order-1"));
        Assert.Equal(EngineFault.RequestIdReused, key.Execute(Operation.Acquire, 5, "order-1").Fault);
        Assert.Equal(16, key.Peek().Remaining);
        Assert.Equal(20, key.Refund(9, "order-1").Remaining);
        Assert.Same(gcra, key.Spec);

        // Given back, the id is spent: the next acquire under it is decided afresh.
        key.Caller = ten;
        Assert.Equal(6, key.Acquire(4, "order-1").Remaining);
        Assert.Equal(6, key.Peek().Remaining);
    }

    [Fact]
    public void Permits_and_places_are_kept_side_by_side_so_that_taking_turns_frees_neither()
    {
        var (permits, places) = (Spec(Algorithm.TokenBucket, (10, 60)), Spec(Algorithm.Concurrency, (4, 60)));
        var key = new LiveKey(permits, Today);
        for (var turn = 0; turn < 3; turn++)
        {
            key.Caller = permits;
            Assert.Equal(turn == 0 ? 10 : 0, key.AcquireUpTo(10).Charged);
            key.Caller = places;
            Assert.Equal(turn == 0 ? 4 : 0, key.AcquireUpTo(4).Charged);
        }

        // Each kind goes its own way, and when one of them is whole the key is of the other alone.
        key.Now += 30 * Second;
        key.Caller = permits;
        Assert.Equal(5, key.AcquireUpTo(10).Charged);
        key.Now += 30 * Second;
        key.Caller = places;
        Assert.Equal(4, key.Peek().Remaining);
        key.Now += 30 * Second;
        Assert.Equal(key.Now, key.ForgettableAt.Microseconds);
    }

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.SlidingWindowLog)]
    public void A_snapshot_keeps_permits_and_places(Algorithm algorithm)
    {
        var (permits, places) = (Spec(algorithm, (10, 60), (20, 3_600)), Spec(Algorithm.Concurrency, (4, 60)));
        var (spec, state, now) = (permits, LimitKey.Fresh(permits, new Instant(Today)), new Instant(Today));
        Take(permits, 7, "order-1");
        Take(places, 3, "order-2");
        var snapshot = LimitKey.Snapshot(spec, state);

        Assert.True(LimitKey.TryRestore(spec, snapshot, out state));

        Assert.Equal(1, Take(places, 0, null).Remaining);
        Assert.Equal(3, Take(permits, 0, null).Remaining);
        Assert.Equal(7, Take(permits, 7, "order-1").Charged);
        Assert.Equal(3, Take(permits, 0, null).Remaining);

        Decision Take(LimitSpec caller, long count, string? id) => LimitKey.Execute(
            ref spec,
            ref state,
            new LimitRequest(LiveKey.Name, caller, Operation.Acquire, Permits.Of(count), id is null ? RequestId.None : RequestId.Of(id)),
            new LeaseId(7),
            now).Decision;
    }

    [Fact]
    public void Two_states_under_two_contents_merge_to_one_in_which_nothing_used_is_lost()
    {
        var (ten, twenty) = (Spec(Algorithm.TokenBucket, (10, 60)), Spec(Algorithm.TokenBucket, (20, 60)));
        foreach (var (mine, other) in ((LimitSpec, LimitSpec)[])[(ten, twenty), (twenty, ten)])
        {
            var (spec, state) = (mine, Used(mine, 5));
            LimitKey.MergeStricter(ref spec, ref state, other, Used(other, other == twenty ? 16 : 7), new Instant(Today));

            var peek = new LimitRequest(LiveKey.Name, twenty, Operation.Peek, Permits.Zero);
            Assert.Equal(mine == twenty ? 13 : 4,
                LimitKey.Execute(ref spec, ref state, peek, default, new Instant(Today)).Decision.Remaining);
        }

        KeyState Used(LimitSpec spec, long permits)
        {
            var state = LimitKey.Fresh(spec, new Instant(Today));
            LimitKey.Execute(ref spec, ref state, new LimitRequest(LiveKey.Name, spec, Operation.Acquire, Permits.Of(permits)), default,
                new Instant(Today));
            return state;
        }
    }

    private static LimitSpec Spec(Algorithm algorithm, params (long Limit, int Seconds)[] bandwidths) =>
        LimitSpec.Of(algorithm, [.. bandwidths.Select(
            bandwidth => Bandwidth.Of(bandwidth.Limit, TimeSpan.FromSeconds(bandwidth.Seconds)))]);
}
