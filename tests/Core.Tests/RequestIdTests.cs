using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>A repeated request gets the same answer and charges nothing.</summary>
public sealed class RequestIdTests
{
    private const long Second = 1_000_000;
    private const long Minute = 60 * Second;

    private readonly LiveKey _key = new(Algorithm.TokenBucket, 100, 86_400 * Second, now: 1_000 * Second);

    [Fact]
    public void The_same_id_with_the_same_cost_gets_the_same_answer_and_charges_nothing()
    {
        var first = _key.Acquire(3, "a");
        _key.Acquire(5);
        _key.Now += Second;

        var again = _key.Acquire(3, "a");
        Assert.Equal(first with { ResetAfter = again.ResetAfter, NextAfter = again.NextAfter }, again);
        Assert.Equal(first.ResetAfter.Microseconds - Second, again.ResetAfter.Microseconds);
        Assert.Equal(first.NextAfter.Microseconds - Second, again.NextAfter.Microseconds);
        Assert.Equal(92, _key.Peek().Remaining);
    }

    [Fact]
    public void A_turn_in_a_leaky_bucket_is_told_again_at_the_same_instant()
    {
        var leaky = new LiveKey(Algorithm.LeakyBucket, 10, 10 * Second, now: 1_000 * Second);
        leaky.Acquire(5);
        Assert.Equal(5 * Second, leaky.Acquire(1, "turn").Delay.Microseconds);

        leaky.Now += 2 * Second;
        Assert.Equal(3 * Second, leaky.Acquire(1, "turn").Delay.Microseconds);

        leaky.Now += 4 * Second;
        Assert.Equal(0, leaky.Acquire(1, "turn").Delay.Microseconds);
    }

    [Fact]
    public void A_peek_under_an_id_says_whether_the_acquire_of_that_id_would_be_admitted_and_what_is_there_now()
    {
        _key.Acquire(90, "a");
        _key.Acquire(5);

        // The acquire would be told again and charge nothing, though so much is not there.
        Assert.Equal(_key.Peek(), _key.Execute(Operation.Peek, 90, "a").Decision);
        Assert.Equal(EngineFault.RequestIdReused, _key.Execute(Operation.Peek, 4, "a").Fault);
        Assert.Equal(_key.Peek(6), _key.Execute(Operation.Peek, 6, "b").Decision);
        Assert.Equal(5, _key.Peek(6).Remaining);
        _key.Refund(90, "a");
        Assert.Equal(95, _key.Execute(Operation.Peek, 90, "a").Decision.Remaining);
        Assert.Equal(Outcome.Limited, _key.Execute(Operation.Peek, 96, "a").Decision.Outcome);
    }

    [Fact]
    public void A_refunded_id_is_spent_and_the_next_acquire_under_it_is_decided_afresh()
    {
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(94, _key.Acquire(6, "a").Remaining);
            Assert.Equal(94, _key.Acquire(6, "a").Remaining);
            Assert.Equal(100, _key.Refund(6, "a").Remaining);
            Assert.Equal(100, _key.Refund(6, "a").Remaining);
            Assert.Equal(100, _key.Peek().Remaining);
        }

        // With another cost too, and it is refused where the permits are not there.
        Assert.Equal(50, _key.Acquire(50, "a").Remaining);
        _key.Refund(50, "a");
        _key.Acquire(99);
        Assert.Equal(Outcome.Limited, _key.Acquire(50, "a").Outcome);
    }

    [Fact]
    public void A_refund_of_a_part_spends_the_id_too()
    {
        _key.Acquire(6, "a");
        _key.Refund(2, "a");

        Assert.Equal(90, _key.Acquire(6, "a").Remaining);
        Assert.Equal(96, _key.Refund(6, "a").Remaining);
    }

    [Theory]
    [InlineData(Operation.Acquire)]
    [InlineData(Operation.AcquireUpTo)]
    [InlineData(Operation.Charge)]
    public void The_same_id_with_another_cost_is_a_fault_and_charges_nothing(Operation operation)
    {
        _key.Do(operation, 3, "a");

        var reply = _key.Execute(operation, 4, "a");

        Assert.Equal(EngineFault.RequestIdReused, reply.Fault);
        Assert.True(reply.IsFault);
        Assert.Equal(97, _key.Peek().Remaining);
        Assert.Equal(EngineFaultKind.RequestIdReused, _key.Execute(operation, 0, "a").Fault.Kind);
    }

    [Fact]
    public void An_id_is_remembered_for_60_seconds_and_not_a_microsecond_more()
    {
        var first = _key.Acquire(3, "a");

        _key.Now += Minute - 1;
        Assert.Equal(first.Remaining, _key.Acquire(3, "a").Remaining);
        Assert.Equal(97, _key.Peek().Remaining);

        _key.Now += 1;
        Assert.Equal(94, _key.Acquire(3, "a").Remaining);
    }

    [Fact]
    public void The_last_32_ids_are_remembered()
    {
        for (var i = 0; i < 33; i++)
            _key.Acquire(1, $"id-{i}");
        Assert.Equal(67, _key.Peek().Remaining);

        for (var i = 1; i < 33; i++)
            _key.Acquire(1, $"id-{i}");
        Assert.Equal(67, _key.Peek().Remaining);

        _key.Acquire(1, "id-0");
        Assert.Equal(66, _key.Peek().Remaining);
    }

    [Fact]
    public void Ids_that_are_a_minute_old_make_room_before_younger_ones()
    {
        for (var i = 0; i < 31; i++)
            _key.Acquire(1, $"old-{i}");
        _key.Now += Minute - 1;
        _key.Acquire(1, "young");
        _key.Now += 1;
        for (var i = 0; i < 31; i++)
            _key.Acquire(1, $"new-{i}");

        Assert.Equal(37, _key.Peek().Remaining);
        _key.Acquire(1, "young");
        Assert.Equal(37, _key.Peek().Remaining);
    }

    [Fact]
    public void A_refusal_is_not_remembered_so_the_same_id_may_try_again()
    {
        _key.Acquire(100);
        Assert.Equal(Outcome.Limited, _key.Acquire(1, "a").Outcome);
        Assert.Equal(Outcome.Limited, _key.AcquireUpTo(1, "a").Outcome);
        Assert.Equal(Outcome.CostAboveCapacity, _key.Acquire(101, "a").Outcome);
        _key.Refund(100);

        Assert.Equal(Outcome.Admitted, _key.Acquire(2, "a").Outcome);
        Assert.Equal(Outcome.Admitted, _key.AcquireUpTo(3, "a").Outcome);
        Assert.Equal(95, _key.Peek().Remaining);
    }

    [Fact]
    public void An_id_is_scoped_to_its_operation()
    {
        _key.Acquire(3, "a");
        _key.Charge(5, "a");
        _key.AcquireUpTo(7, "a");

        Assert.Equal(85, _key.Peek().Remaining);
    }

    [Fact]
    public void A_refund_by_id_gives_back_what_that_charge_took_at_most_once()
    {
        _key.Acquire(50);
        _key.Acquire(6, "a");

        Assert.Equal(50, _key.Refund(10, "a").Remaining);
        Assert.Equal(50, _key.Refund(10, "a").Remaining);
        Assert.Equal(EngineFaultKind.RequestIdReused, _key.Execute(Operation.Refund, 6, "a").Fault.Kind);
        Assert.Equal(50, _key.Peek().Remaining);
    }

    [Fact]
    public void A_refund_by_an_id_that_charged_nothing_gives_nothing_back()
    {
        _key.Acquire(50);
        _key.Acquire(6, "a");
        _key.Now += Minute;
        var before = _key.Peek().Remaining;

        Assert.Equal(before, _key.Refund(6, "a").Remaining);
        Assert.Equal(before, _key.Refund(6, "unheard-of").Remaining);

        // And nothing was remembered of it: a charge of that name can still be given back.
        _key.Acquire(6, "unheard-of");
        Assert.Equal(before, _key.Refund(6, "unheard-of").Remaining);
    }

    [Fact]
    public void Less_than_a_charge_took_may_be_given_back_by_its_id()
    {
        _key.Acquire(50);
        _key.Acquire(6, "a");

        Assert.Equal(46, _key.Refund(2, "a").Remaining);
        Assert.Equal(46, _key.Refund(2, "a").Remaining);
    }

    [Fact]
    public void A_release_by_id_is_answered_the_same_again_and_for_one_place_only()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, 600 * Second);
        var (one, other) = (key.Acquire(3).Lease, key.Acquire(4).Lease);

        var released = key.Release(one, "a");
        Assert.Equal(Outcome.Admitted, released.Outcome);
        Assert.Equal(released, key.Release(one, "a"));
        Assert.Equal(Outcome.UnknownLease, key.Release(one).Outcome);
        Assert.Equal(EngineFaultKind.RequestIdReused, key.Execute(Operation.Release, 0, "a", other).Fault.Kind);
        Assert.Equal(6, key.Peek().Remaining);

        Assert.Equal(Outcome.UnknownLease, key.Release(one, "b").Outcome);
        Assert.Equal(Outcome.Admitted, key.Release(other, "b").Outcome);
    }

    [Fact]
    public void A_repeated_acquire_of_a_place_names_the_same_lease()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, 600 * Second);
        var first = key.Acquire(3, "a");

        Assert.False(first.Lease.IsNone);
        Assert.Equal(first, key.Acquire(3, "a"));
        Assert.Equal(7, key.Peek().Remaining);
    }

    [Fact]
    public void A_place_that_is_free_again_is_not_told_again()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, 20 * Second);
        var released = key.Acquire(3, "a").Lease;
        key.Release(released);
        var second = key.Acquire(3, "a");
        Assert.NotEqual(released, second.Lease);
        Assert.Equal(7, key.Peek().Remaining);

        key.Now += 20 * Second;
        var third = key.Acquire(4, "a");
        Assert.NotEqual(second.Lease, third.Lease);
        Assert.Equal(6, third.Remaining);

        var taken = key.AcquireUpTo(2, "b").Lease;
        key.Release(taken);
        Assert.NotEqual(taken, key.AcquireUpTo(2, "b").Lease);
    }

    [Fact]
    public void What_a_call_moved_is_told_with_its_reply()
    {
        _key.Acquire(50);
        Assert.Equal(6, _key.Execute(Operation.Acquire, 6, "a").Moved);
        Assert.Equal(0, _key.Execute(Operation.Acquire, 6, "a").Moved);
        Assert.Equal(0, _key.Execute(Operation.Peek, 6).Moved);
        Assert.Equal(0, _key.Execute(Operation.Acquire, 99).Moved);
        Assert.Equal(-6, _key.Execute(Operation.Refund, 9, "a").Moved);
        Assert.Equal(0, _key.Execute(Operation.Refund, 9, "a").Moved);
        Assert.Equal(0, _key.Execute(Operation.Refund, 9, "unheard-of").Moved);
        Assert.Equal(-2, _key.Execute(Operation.Refund, 2).Moved);
        Assert.Equal(5, _key.Execute(Operation.Charge, 5, "c").Moved);
        Assert.Equal(0, _key.Execute(Operation.Charge, 5, "c").Moved);
    }

    [Fact]
    public void A_key_is_not_forgettable_before_its_youngest_id_is_60_seconds_old()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 10, Second, now: 1_000 * Second);
        key.Acquire(1, "a");
        key.Now += 30 * Second;
        key.Acquire(1, "b");
        var last = key.Now;
        key.Now += 10 * Second;

        Assert.Equal(0, key.Peek().ResetAfter.Microseconds);
        Assert.Equal(last + Minute, key.ForgettableAt.Microseconds);

        key.Now = last + Minute;
        Assert.Equal(key.Now, key.ForgettableAt.Microseconds);
    }

    [Fact]
    public void Without_ids_a_key_is_forgettable_when_it_is_whole()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 10, Second, now: 1_000 * Second);
        key.Acquire(3);

        Assert.Equal(key.Now + key.Peek().ResetAfter.Microseconds, key.ForgettableAt.Microseconds);
    }

    [Fact]
    public void Ids_outlive_a_change_of_policy()
    {
        var first = _key.Acquire(3, "a");
        var hour = Bandwidth.Of(50, TimeSpan.FromHours(1));
        Assert.True(LimitSpec.TryCreate(Algorithm.SlidingWindowLog, [hour, hour], 1, out var newer, out _));
        _key.Caller = newer;

        Assert.Equal(first, _key.Acquire(3, "a"));
        Assert.Equal(47, _key.Peek().Remaining);
        Assert.Equal(50, _key.Refund(3, "a").Remaining);
    }

    [Fact]
    public void A_reset_forgets_the_ids_too()
    {
        _key.Acquire(3, "a");
        _key.Reset();

        Assert.Equal(97, _key.Acquire(3, "a").Remaining);
        Assert.Equal(97, _key.Peek().Remaining);
    }
}
