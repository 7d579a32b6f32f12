using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>What a key says of the future is exact to the microsecond.</summary>
public sealed class WaitTests
{
    private const int Seeds = 1_500;

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void Refused_caller_who_waits_RetryAfter_is_admitted_and_one_microsecond_less_is_not(Algorithm algorithm)
    {
        var refused = 0;
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
        {
            var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
            var cost = dice.OneOf(1, key.Spec.Capacity, dice.From(1, key.Spec.Capacity));
            var answer = key.Acquire(cost);
            if (answer.IsAdmitted || !key.HasTimeFor(answer.RetryAfter))
                return;
            Interlocked.Increment(ref refused);
            var wait = answer.RetryAfter.Microseconds;
            Assert.True(wait > 0);
            Assert.Equal(Outcome.Limited, key.PeekAt(key.Now + wait - 1, cost).Outcome);
            key.Now += wait;
            Assert.Equal(Outcome.Admitted, key.Acquire(cost).Outcome);
        });
        Assert.True(refused > Seeds / 4, $"Only {refused} refusals were looked at.");
    }

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void Remaining_is_the_largest_cost_that_is_admitted(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
        var remaining = key.Peek().Remaining;
        Assert.Equal(Outcome.Admitted, key.Peek(remaining).Outcome);
        Assert.NotEqual(Outcome.Admitted, key.Peek(remaining + 1).Outcome);
        Assert.Equal(remaining, key.AcquireUpTo(long.MaxValue).Charged);

        // A leaky bucket may have another free part as large.
        Assert.InRange(key.Peek().Remaining, 0, algorithm == Algorithm.LeakyBucket ? remaining : 0);
    });

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void After_NextAfter_the_tightest_bandwidth_has_one_more_and_one_microsecond_earlier_it_has_not(Algorithm algorithm)
    {
        var looked = 0;
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
        {
            var key = RandomLife.Of(dice, algorithm, flavour, stepsBack: dice.OnceIn(3));
            var answer = key.Peek();
            Assert.Equal(answer.Remaining == answer.Limit, answer.NextAfter.IsNever);
            if (key.Spec.Bandwidths.Length > 1 || !key.HasTimeFor(answer.NextAfter))
                return;
            Interlocked.Increment(ref looked);
            var then = key.Now + answer.NextAfter.Microseconds;
            Assert.True(key.PeekAt(then, 0).Remaining > answer.Remaining);
            Assert.Equal(answer.Remaining, key.PeekAt(then - 1, 0).Remaining);
        });
        Assert.True(looked > Seeds / 4, $"Only {looked} keys were looked at.");
    }

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void After_ResetAfter_a_key_is_as_good_as_fresh_and_one_microsecond_earlier_it_is_not(Algorithm algorithm)
    {
        var looked = 0;
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
        {
            var (seed, stepsBack) = ((long)dice.Bits(), dice.OnceIn(3));
            var key = RandomLife.Of(new TestKit.Dice(seed), algorithm, flavour, stepsBack: stepsBack);
            var wait = key.Peek().ResetAfter;
            if (!key.HasTimeFor(wait))
                return;
            if (wait.Microseconds > 0 && key.Spec.Bandwidths.Length == 1)
            {
                var before = key.Now + wait.Microseconds - 1;
                var fresher = new LiveKey(key.Spec, before);
                var twin = RandomLife.Of(new TestKit.Dice(seed), algorithm, flavour, stepsBack: stepsBack);
                twin.Now = before;
                Assert.NotEqual(WithoutReset(fresher.Acquire(key.Spec.Capacity)), WithoutReset(twin.Acquire(key.Spec.Capacity)));
            }

            Interlocked.Increment(ref looked);
            key.Now += wait.Microseconds;
            var fresh = new LiveKey(key.Spec, key.Now);
            for (var i = 0; i < 20; i++)
            {
                var operation = dice.OneOf(
                    Operation.Acquire, Operation.Acquire, Operation.AcquireUpTo, Operation.Peek, Operation.Charge, Operation.Refund);
                if (!key.Spec.Supports(operation))
                    continue;
                var cost = dice.OneOf(1, key.Spec.Capacity, dice.From(1, key.Spec.Capacity));
                Assert.Equal(fresh.Do(operation, cost) with { Lease = default }, key.Do(operation, cost) with { Lease = default });
                var step = dice.From(0, key.Spec.Bandwidths[0].WindowMicroseconds);
                key.Now += step;
                fresh.Now += step;
            }
        });
        Assert.True(looked > Seeds, $"Only {looked} keys were looked at.");
    }

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void Splitting_a_wait_changes_nothing(Algorithm algorithm) => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var seed = (long)dice.Bits();
        var whole = RandomLife.Of(new TestKit.Dice(seed), algorithm, flavour);
        var split = RandomLife.Of(new TestKit.Dice(seed), algorithm, flavour);
        var window = whole.Spec.Bandwidths[0].WindowMicroseconds;
        var end = new Instant(whole.Now + dice.From(0, 2 * window)).Microseconds;
        for (var i = 0; i < 8; i++)
        {
            // A refused acquire stores the time it was asked at; so does nothing else that leaves the key as it is.
            split.Now = dice.From(split.Now, end);
            var beyond = split.Peek().Remaining + 1;
            if (beyond <= split.Spec.Capacity)
                Assert.Equal(Outcome.Limited, split.Acquire(beyond).Outcome);
        }

        whole.Now = split.Now = end;
        var cost = dice.OneOf(1, whole.Spec.Capacity, dice.From(1, whole.Spec.Capacity));
        Assert.Equal(whole.Peek(), split.Peek());
        Assert.Equal(whole.Acquire(cost) with { Lease = default }, split.Acquire(cost) with { Lease = default });
        Assert.Equal(whole.Peek(whole.Spec.Capacity), split.Peek(whole.Spec.Capacity));
    });

    private static Decision WithoutReset(Decision decision) => decision with { ResetAfter = Wait.None, Lease = default };
}
