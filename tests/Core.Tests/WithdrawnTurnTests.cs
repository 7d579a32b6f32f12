using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Algorithms.LeakyBucket;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>A turn of a leaky bucket that was told under a name is withdrawn until it comes, and whoever comes next takes it.</summary>
public sealed class WithdrawnTurnTests
{
    private const long Second = 1_000_000;
    private const long Today = 1_795_308_240 * Second;

    [Fact]
    public void With_every_turn_withdrawn_the_key_is_as_it_was()
    {
        var key = Leaky(limit: 12, seconds: 12);
        key.Acquire();
        var before = key.Peek();
        for (ulong name = 1; name <= 11; name++)
            Assert.Equal(new LeaseId(name), Take(key, name).Lease);
        Assert.Equal(Outcome.Limited, key.Acquire().Outcome);

        // Whatever the order.
        foreach (var name in (ulong[])[5, 11, 1, 2, 10, 3, 9, 4, 8, 6, 7])
            Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(name)).Outcome);

        Assert.Equal(before, key.Peek());
        Assert.Equal(Second, key.Acquire().Delay.Microseconds);
    }

    [Fact]
    public void Who_comes_next_takes_the_first_free_part_that_has_room()
    {
        var key = Leaky(limit: 10, seconds: 10);
        key.Acquire();
        for (ulong name = 1; name <= 9; name++)
            Take(key, name);
        key.Release(new LeaseId(2));
        key.Release(new LeaseId(5));
        var left = key.Release(new LeaseId(6));

        Assert.Equal((2, 10 * Second, 3 * Second), (left.Remaining, left.ResetAfter.Microseconds, left.NextAfter.Microseconds));
        Assert.Equal(Outcome.Limited, key.Peek(3).Outcome);
        Assert.Equal(3 * Second, key.Peek(3).RetryAfter.Microseconds);
        Assert.Equal(5 * Second, key.Peek(2).Delay.Microseconds);
        Assert.Equal(5 * Second, key.Acquire(2).Delay.Microseconds);
        Assert.Equal(2 * Second, key.Acquire().Delay.Microseconds);
        Assert.Equal(Outcome.Limited, key.Acquire().Outcome);
    }

    [Fact]
    public void What_has_begun_is_spent()
    {
        var key = Leaky(limit: 10, seconds: 10);
        key.Acquire();
        Take(key, 1);
        Take(key, 2);
        key.Now += Second;

        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(1)).Outcome);
        Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(2)).Outcome);
        Assert.Equal(Second, key.Acquire().Delay.Microseconds);
    }

    [Fact]
    public void A_free_part_that_time_has_cut_begins_now()
    {
        var key = Leaky(limit: 10, seconds: 10);
        key.Acquire();
        Take(key, 1);
        Take(key, 2);
        Take(key, 3);
        key.Release(new LeaseId(1));
        key.Release(new LeaseId(2));
        key.Now += 3 * Second / 2;

        Assert.Equal(Wait.None, key.Peek().Delay);
        Assert.Equal(Wait.None, key.Acquire().Delay);
        Assert.Equal(5 * Second / 2, key.Acquire().Delay.Microseconds);
    }

    [Fact]
    public void A_turn_is_withdrawn_once_also_when_another_has_it_now()
    {
        var key = Leaky(limit: 10, seconds: 10);
        key.Acquire();
        Take(key, 1);
        Take(key, 2);
        Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(1)).Outcome);
        Assert.Equal(Second, Take(key, 3).Delay.Microseconds);

        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(1)).Outcome);
        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(77)).Outcome);
        Assert.Equal(3 * Second, key.Acquire().Delay.Microseconds);
    }

    [Fact]
    public void A_turn_that_comes_at_once_has_no_name_and_nor_has_one_that_is_told_again()
    {
        var key = Leaky(limit: 10, seconds: 10);
        Assert.Equal(LeaseId.None, Take(key, 1).Lease);
        var told = key.Do(Operation.Acquire, 1, "order-1", new LeaseId(2));

        Assert.Equal(LeaseId.None, told.Lease);
        Assert.Equal(told, key.Do(Operation.Acquire, 1, "order-1", new LeaseId(3)));
        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(2)).Outcome);
    }

    [Fact]
    public void Where_too_many_parts_are_free_a_turn_stays_taken()
    {
        var key = Leaky(limit: 200, seconds: 200);
        key.Acquire();
        for (ulong name = 1; name <= 100; name++)
            Take(key, name);
        for (ulong name = 1; name < 2 * TurnTable.MaxFree; name += 2)
            Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(name)).Outcome);

        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(99)).Outcome);

        // What touches a free part, or the end, needs no room.
        Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(2)).Outcome);
        Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(99)).Outcome);
        Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(100)).Outcome);
        Assert.Equal(99 * Second, key.Peek(4).Delay.Microseconds);
    }

    [Fact]
    public void Turns_beyond_the_most_names_stay_taken()
    {
        var key = Leaky(limit: 2_000, seconds: 2_000);
        key.Acquire();
        for (ulong name = 1; name <= TurnTable.MaxNamed + 1; name++)
            Take(key, name);

        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(TurnTable.MaxNamed + 1)).Outcome);
        Assert.Equal(Outcome.Admitted, key.Release(new LeaseId(TurnTable.MaxNamed)).Outcome);
    }

    [Fact]
    public void Under_another_content_told_turns_stay_taken()
    {
        var (one, other) = (Spec(10, 10), Spec(10, 20));
        var key = new LiveKey(one, Today);
        key.Acquire();
        Take(key, 1);
        Take(key, 2);
        key.Release(new LeaseId(1));
        key.Caller = other;
        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(2)).Outcome);
        Assert.Same(one, key.Spec);
        Assert.Equal(6 * Second, key.Acquire().Delay.Microseconds);
        key.Caller = one;
        Assert.Equal(Outcome.UnknownLease, key.Release(new LeaseId(2)).Outcome);
    }

    [Fact]
    public void A_charge_of_all_leaves_nothing_free()
    {
        var key = Leaky(limit: 10, seconds: 10);
        key.Acquire();
        Take(key, 1);
        Take(key, 2);
        key.Release(new LeaseId(1));

        Assert.Equal(0, key.Charge(10).Remaining);
    }

    [Fact]
    public void A_key_whose_turns_are_all_withdrawn_or_spent_weighs_nothing_again()
    {
        var spec = Spec(10, 10);
        var state = LimitKey.Fresh(spec, new Instant(Today));
        Do(Operation.Acquire, 9, Today);
        Do(Operation.Acquire, 1, Today);
        var growth = KeyWeight.BytesOf(state);
        Assert.True(growth > 0);

        Do(Operation.Release, 1, Today);
        Assert.Equal(0, KeyWeight.BytesOf(state));
        Do(Operation.Acquire, 2, Today);
        Assert.Equal(growth, KeyWeight.BytesOf(state));
        Do(Operation.Acquire, 3, Today + 5 * Second);
        Assert.Equal(0, KeyWeight.BytesOf(state));

        void Do(Operation operation, ulong name, long at) => LimitKey.Execute(
            ref spec,
            ref state,
            new LimitRequest(LiveKey.Name, spec, operation, Permits.One, Lease: new LeaseId(name)),
            default,
            new Instant(at));
    }

    [Fact]
    public void A_full_quota_tells_turns_without_a_name()
    {
        var quota = new KeyQuota(0);
        var spec = Spec(10, 10);
        var (state, weight) = (LimitKey.Fresh(spec, new Instant(Today)), 0);
        for (ulong name = 1; name <= 2; name++)
        {
            var request = new LimitRequest(LiveKey.Name, spec, Operation.Acquire, Permits.One, Lease: new LeaseId(name));
            Assert.Null(WeighedKey.Execute(quota, ref weight, ref spec, ref state, request, default, new Instant(Today), out var reply));
            Assert.Equal((1, LeaseId.None), (reply.Decision.Charged, reply.Decision.Lease));
        }

        Assert.Equal((0, 0), (weight, quota.Used));
    }

    /// <summary>
    /// Turns that were not withdrawn never overlap, however callers come, go, and ask for what: each begins no sooner than the one before
    /// it has flowed, so that the bound holds.
    /// </summary>
    [Fact]
    public void No_two_callers_who_stay_have_overlapping_turns()
    {
        var taken = 0;
        Parallel.For(1L, 3_001, seed =>
        {
            var dice = new Dice(seed);
            var (limit, window) = (dice.From(1, 9), dice.OneOf(1_000L, 1_001, 1_500, dice.From(1_000, 9_000)));
            var spec = LimitSpec.Of(Algorithm.LeakyBucket, Bandwidth.Of(limit, TimeSpan.FromMicroseconds(window), dice.From(1, 4 * limit)));
            var key = new LiveKey(spec, Today + dice.From(0, 100_000));
            var turns = new List<(LeaseId Name, long At, long Permits)>();
            ulong names = 0;
            for (var step = 0; step < 200; step++)
            {
                key.Now += dice.OneOf(0, 0, 0, 1, window / limit, dice.From(0, window));
                if (turns.Count > 0 && dice.OnceIn(2))
                {
                    // Also one that has come, and one that was withdrawn before.
                    var gone = dice.OneOf<(LeaseId Name, long At, long Permits)>([.. turns]);
                    var withdrawn = key.Release(gone.Name).Outcome == Outcome.Admitted;
                    Assert.True(!withdrawn || gone.At > key.Now, $"seed {seed}: withdrawn after it came");
                    if (withdrawn)
                        turns.Remove(gone);
                    Assert.Equal(Outcome.UnknownLease, key.Release(gone.Name).Outcome);
                    continue;
                }

                var cost = dice.From(1, spec.Capacity);
                var peek = key.Peek(cost);
                var answer = key.Do(Operation.Acquire, cost, null, new LeaseId(++names));
                Assert.Equal((peek.Outcome, peek.RetryAfter, peek.Delay), (answer.Outcome, answer.RetryAfter, answer.Delay));
                Assert.True(answer.IsAdmitted == cost <= peek.Remaining, $"seed {seed}: remaining says {peek.Remaining}, asked {cost}");
                if (answer.Charged == 0)
                    continue;
                turns.Add((new LeaseId(names), key.Now + answer.Delay.Microseconds, cost));
                Interlocked.Increment(ref taken);
            }

            Check(seed, spec, [.. turns.OrderBy(turn => turn.At)]);
        });
        Assert.True(taken > 10_000, $"Only {taken} turns were taken.");
    }

    private static void Check(long seed, LimitSpec spec, List<(LeaseId Name, long At, long Permits)> turns)
    {
        var (limit, window) = (spec.Bandwidths[0].Limit, spec.Bandwidths[0].WindowMicroseconds);
        for (var first = 0; first < turns.Count; first++)
        {
            // A turn is told up to a microsecond after its exact start.
            var flowed = 0L;
            for (var last = first; last < turns.Count; last++)
            {
                var apart = turns[last].At - turns[first].At + 1;
                Assert.True(flowed * window < apart * limit, $"seed {seed}: {turns[first]} and {turns[last]} overlap");
                flowed += turns[last].Permits;
            }
        }

        for (var first = 0; first < turns.Count; first++)
        {
            var inWindow = turns.Skip(first).TakeWhile(turn => turn.At - turns[first].At < window).ToList();
            var bound = limit + inWindow.Max(turn => turn.Permits) - 1;
            Assert.True(inWindow.Sum(turn => turn.Permits) <= bound, $"seed {seed}: more than L + C - 1 from {turns[first]}");
        }
    }

    private static LimitSpec Spec(long limit, long seconds) =>
        LimitSpec.Of(Algorithm.LeakyBucket, Bandwidth.Of(limit, TimeSpan.FromSeconds(seconds)));

    private static LiveKey Leaky(long limit, long seconds) => new(Spec(limit, seconds), Today);

    private static Decision Take(LiveKey key, ulong name) => key.Do(Operation.Acquire, 1, null, new LeaseId(name));
}
