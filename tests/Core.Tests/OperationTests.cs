using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>What each operation may and may not do, for every algorithm and any state.</summary>
public sealed class OperationTests
{
    private const int Seeds = 600;

    [Theory]
    [MemberData(nameof(RandomLife.RefundableAlgorithms), MemberType = typeof(RandomLife))]
    public void A_refund_never_leaves_more_than_a_fresh_key_has(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour);
        for (var i = 0; i < 4; i++)
            key.Refund(dice.OneOf(1, key.Spec.Capacity, long.MaxValue));
        var fresh = new LiveKey(key.Spec, key.Now);
        var taken = key.AcquireUpTo(long.MaxValue).Charged;
        Assert.Equal(taken, fresh.Acquire(taken).Charged);
        for (var i = 0; i < 5; i++)
        {
            key.Now = fresh.Now = new Instant(key.Now + dice.From(0, key.Spec.Bandwidths[0].WindowMicroseconds / 2)).Microseconds;
            Assert.True(key.Peek().Remaining <= fresh.Peek().Remaining);
        }
    });

    [Theory]
    [MemberData(nameof(RandomLife.RefundableAlgorithms), MemberType = typeof(RandomLife))]
    public void A_charge_given_back_at_once_leaves_the_key_as_it_was(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour);
        var cost = key.Peek().Remaining;
        if (cost == 0)
            return;
        var before = key.Peek(0);
        var taken = key.AcquireUpTo(dice.From(1, cost)).Charged;
        Assert.Equal(before with { Charged = 0 }, key.Refund(taken));
    });

    [Theory]
    [MemberData(nameof(RandomLife.RateAlgorithms), MemberType = typeof(RandomLife))]
    public void A_charge_takes_what_is_there_and_never_leaves_a_key_worse_than_empty(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour);
        var before = key.Peek().Remaining;
        var cost = dice.OneOf(1, before, key.Spec.Capacity, dice.From(1, key.Spec.Capacity), long.MaxValue);
        var after = key.Charge(cost);

        // A leaky bucket's free parts are told where they are larger than what is left at the end of the line, and charged when that is
        // full.
        Assert.True(algorithm == Algorithm.LeakyBucket || after.Remaining == Math.Max(0, before - cost));
        Assert.True(cost < key.Spec.Capacity ? after.Remaining <= before : after.Remaining == 0);
        if (key.Spec.Bandwidths.Length > 1)
            return;
        var wait = key.Charge(long.MaxValue).ResetAfter;
        Assert.Equal(wait, key.Charge(long.MaxValue).ResetAfter);
        if (algorithm == Algorithm.SlidingWindowCounter)
            return;
        var empty = new LiveKey(key.Spec, key.Now);
        empty.Acquire(key.Spec.Capacity);
        Assert.True(wait.Microseconds <= empty.Peek().ResetAfter.Microseconds);
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void A_refusal_charges_nothing(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
        var before = key.Peek();
        var beyond = before.Remaining + 1;
        var refused = key.Acquire(beyond);
        Assert.False(refused.IsAdmitted);
        Assert.Equal(0, refused.Charged);
        Assert.Equal(before, refused with { Outcome = Outcome.Admitted, RetryAfter = Wait.None });
        Assert.Equal(before, key.Peek());
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void A_peek_says_whether_the_acquire_would_be_admitted_and_what_is_there_now(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var seed = (long)dice.Bits();
        var peeked = RandomLife.Of(new TestKit.Dice(seed), algorithm, flavour, stepsBack: true);
        var alone = RandomLife.Of(new TestKit.Dice(seed), algorithm, flavour, stepsBack: true);
        var cost = dice.OneOf(0, 1, peeked.Spec.Capacity, peeked.Spec.Capacity + 1, dice.From(1, peeked.Spec.Capacity));
        var window = peeked.Spec.Bandwidths[0].WindowMicroseconds;
        for (var i = 0; i < 5; i++)
        {
            // Not even the time is stored: neither a later one nor an earlier one.
            peeked.PeekAt(Math.Max(0, peeked.Now + dice.From(-window, 2 * window)), dice.OneOf(0, cost));
            peeked.Acquire(0);
        }

        var there = alone.Peek(0);
        var peek = peeked.Peek(cost);
        var acquire = alone.Acquire(cost);
        Assert.Equal(there with { Outcome = acquire.Outcome, RetryAfter = acquire.RetryAfter, Delay = acquire.Delay }, peek);
        Assert.Equal(acquire with { Lease = default }, peeked.Acquire(cost) with { Lease = default });
        Assert.Equal(alone.Peek(1), peeked.Peek(1));
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void Nothing_asked_for_is_always_admitted_and_stores_nothing(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
        var before = key.Peek(0);
        Assert.Equal(Outcome.Admitted, before.Outcome);
        foreach (var operation in (Operation[])[Operation.Acquire, Operation.AcquireUpTo, Operation.Refund, Operation.Charge])
        {
            if (key.Spec.Supports(operation))
                Assert.Equal(before, key.Do(operation, 0));
        }
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void A_cost_above_the_capacity_is_refused_for_good_with_its_own_outcome(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour);
        var before = key.Peek();
        foreach (var cost in (long[])[key.Spec.Capacity + 1, long.MaxValue])
        {
            var answer = key.Acquire(cost);
            Assert.Equal(before with { Outcome = Outcome.CostAboveCapacity, RetryAfter = Wait.Never }, answer);
            Assert.Equal(answer, key.Peek(cost));
        }

        Assert.NotEqual(Outcome.CostAboveCapacity, key.Peek(key.Spec.Capacity).Outcome);
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void AcquireUpTo_gives_the_most_there_is_or_answers_as_a_refused_acquire_of_one(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
        var remaining = key.Peek().Remaining;
        var asked = dice.OneOf(1, key.Spec.Capacity, long.MaxValue, dice.From(1, key.Spec.Capacity));
        var refused = key.Peek(1);
        var answer = key.AcquireUpTo(asked);
        Assert.Equal(Math.Min(asked, remaining), answer.Charged);
        if (remaining == 0)
            Assert.Equal(refused, answer);
        else
            Assert.Equal(Outcome.Admitted, answer.Outcome);
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void A_reset_key_is_fresh(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
        var fresh = new LiveKey(key.Spec, key.Now);
        Assert.Equal(fresh.Peek(), key.Do(Operation.Reset, dice.OneOf(0, 1, key.Spec.Capacity, long.MaxValue), dice.OneOf(null, "id")));
        Assert.Equal(fresh.Peek(key.Spec.Capacity), key.Peek(key.Spec.Capacity));
        Assert.Equal(key.Now, key.ForgettableAt.Microseconds);
    });

    [Theory]
    [MemberData(nameof(RandomLife.RateAlgorithms), MemberType = typeof(RandomLife))]
    public void Bandwidths_are_charged_all_or_none(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        if (algorithm == Algorithm.LeakyBucket)
            return;

        // The same schedule on one key of several bandwidths, and on a key for each of them: none of these is charged
        // unless all admit, so together they must stay as the one is.
        var spec = RandomSpecs.Draw(dice, algorithm, flavour);
        var walk = new RandomSteps(dice, flavour, stepsBack: false);
        var together = new LiveKey(spec, walk.Now);
        var apart = spec.Bandwidths.Select(bandwidth => new LiveKey(LimitSpec.Of(algorithm, bandwidth), walk.Now)).ToList();
        for (var i = 0; i < 30; i++)
        {
            walk.MoveClock(spec);
            together.Now = walk.Now;
            apart.ForEach(key => key.Now = walk.Now);
            var cost = dice.OneOf(1, spec.Capacity, dice.From(1, spec.Capacity));
            var all = apart.TrueForAll(key => key.Peek(cost).IsAdmitted);
            var wait = apart.Max(key => key.Peek(cost).RetryAfter.Microseconds);
            var answer = together.Acquire(cost);
            if (all)
                apart.ForEach(key => key.Acquire(cost));
            Assert.Equal(all, answer.IsAdmitted);
            Assert.Equal(all ? 0 : wait, answer.RetryAfter.Microseconds);
            Assert.Equal(apart.Min(key => key.Peek().Remaining), answer.Remaining);
            Assert.Equal(apart.Max(key => key.Peek().ResetAfter.Microseconds), answer.ResetAfter.Microseconds);
            Assert.Equal(apart.First(key => key.Peek().Remaining == answer.Remaining).Spec.Capacity, answer.Limit);
        }
    });

    [Theory]
    [InlineData(Algorithm.LeakyBucket, Operation.Refund)]
    [InlineData(Algorithm.LeakyBucket, Operation.Renew)]
    [InlineData(Algorithm.Concurrency, Operation.Refund)]
    [InlineData(Algorithm.Concurrency, Operation.Charge)]
    [InlineData(Algorithm.TokenBucket, Operation.Release)]
    [InlineData(Algorithm.TokenBucket, Operation.Renew)]
    [InlineData(Algorithm.Gcra, Operation.Release)]
    [InlineData(Algorithm.FixedWindow, Operation.Release)]
    [InlineData(Algorithm.SlidingWindowCounter, Operation.Release)]
    [InlineData(Algorithm.SlidingWindowLog, Operation.Release)]
    [InlineData(Algorithm.FixedWindow, Operation.Lease)]
    [InlineData(Algorithm.Concurrency, Operation.Return)]
    public void An_operation_that_an_algorithm_has_not_is_not_supported_and_throws(Algorithm algorithm, Operation operation)
    {
        var key = new LiveKey(algorithm, 10, 1_000_000);

        Assert.False(key.Spec.Supports(operation));
        Assert.Throws<NotSupportedException>(() => key.Execute(operation, 1));
    }

    [Fact]
    public void Every_other_operation_is_supported()
    {
        var unsupported = from algorithm in Enum.GetValues<Algorithm>()
                          let spec = LimitSpec.Of(algorithm, Bandwidth.Of(10, TimeSpan.FromSeconds(1)))
                          from operation in Enum.GetValues<Operation>()
                          where !spec.Supports(operation)
                          select (algorithm, operation);

        Assert.Equal(24, unsupported.Count());
    }
}
