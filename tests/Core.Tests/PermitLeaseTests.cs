using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>Permits given out in advance, at the owner.</summary>
public sealed class PermitLeaseTests
{
    private const long Second = 1_000_000;
    private const int Seeds = 400;

    private static readonly LeaseId A = new(1);
    private static readonly LeaseId B = new(2);

    public static TheoryData<Algorithm> Lenders => [Algorithm.TokenBucket, Algorithm.Gcra];

    [Theory]
    [MemberData(nameof(Lenders))]
    public void A_lease_is_debited_at_once_and_is_half_of_what_is_left_at_most(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 100, 100 * Second);

        var first = key.Do(Operation.Lease, 70, lease: A);
        Assert.Equal((Outcome.Admitted, 50, 50, A), (first.Outcome, first.Charged, first.Remaining, first.Lease));
        Assert.Equal(10, key.Do(Operation.Lease, 10, lease: B).Charged);
        Assert.Equal(40, key.Peek().Remaining);
        Assert.Equal(Outcome.Limited, key.Acquire(41).Outcome);
    }

    [Theory]
    [MemberData(nameof(Lenders))]
    public void The_place_of_what_is_out_stays_empty_until_the_lease_ends_and_then_fills(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 100, 10 * Second);
        key.Do(Operation.Lease, 30, lease: A);

        key.Now = Second - 1;
        Assert.Equal(70, key.Peek().Remaining);
        Assert.Equal(Wait.OfMicroseconds(1 + 300 * Second / 100), key.Peek().ResetAfter);
        key.Now = Second + 100_000;
        Assert.Equal(71, key.Peek().Remaining);
        key.Now = 4 * Second;
        Assert.Equal((100, Wait.None), (key.Peek().Remaining, key.Peek().ResetAfter));
        Assert.Equal(new Instant(key.Now), key.ForgettableAt);
    }

    [Theory]
    [MemberData(nameof(Lenders))]
    public void What_is_sent_back_is_given_back_once_and_never_more_than_was_given(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 100, 1_000 * Second);
        key.Do(Operation.Lease, 30, lease: A);
        key.Do(Operation.Lease, 10, lease: B);

        Assert.Equal(80, key.Do(Operation.Return, 20, lease: A).Remaining);
        Assert.Equal(Outcome.UnknownLease, key.Do(Operation.Return, 20, lease: A).Outcome);
        Assert.Equal(90, key.Do(Operation.Return, 2_000, lease: B).Remaining);
    }

    [Theory]
    [MemberData(nameof(Lenders))]
    public void Nothing_is_given_back_of_a_lease_that_has_ended(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 100, 1_000_000 * Second);
        key.Do(Operation.Lease, 30, lease: A);

        key.Now = Second;
        Assert.Equal(Outcome.UnknownLease, key.Do(Operation.Return, 30, lease: A).Outcome);
        Assert.Equal(70, key.Peek().Remaining);
    }

    [Fact]
    public void A_call_that_comes_twice_is_told_the_same_and_charges_once()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 100, 1_000 * Second);
        key.Do(Operation.Lease, 30, lease: A);
        key.Now = Second / 2;

        Assert.Equal(30, key.Do(Operation.Lease, 30, lease: A).Charged);
        Assert.Equal(70, key.Peek().Remaining);
        key.Now = Second;
        Assert.Equal(Outcome.UnknownLease, key.Do(Operation.Return, 30, lease: A).Outcome);
    }

    [Fact]
    public void A_key_gives_no_more_than_32_leases_at_a_time()
    {
        var key = new LiveKey(Algorithm.TokenBucket, 1_000, 1_000 * Second);
        for (var i = 1; i <= PermitLedger.MostLeases; i++)
            Assert.Equal(1, key.Do(Operation.Lease, 1, lease: new LeaseId((UInt128)i)).Charged);

        var refused = key.Do(Operation.Lease, 1, lease: new LeaseId(99));
        Assert.Equal((Outcome.Limited, Wait.OfMicroseconds(Second)), (refused.Outcome, refused.RetryAfter));
        Assert.Equal(Outcome.Admitted, key.Acquire().Outcome);
    }

    [Theory]
    [MemberData(nameof(Lenders))]
    public void A_refund_fills_no_place_of_what_is_out_and_a_reset_neither(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 100, 1_000 * Second);
        key.Acquire(20);
        key.Do(Operation.Lease, 30, lease: A);

        Assert.Equal(70, key.Refund(90).Remaining);
        key.Acquire(60);
        Assert.Equal(70, key.Reset().Remaining);
        Assert.Equal(100, key.Do(Operation.Return, 30, lease: A).Remaining);
    }

    [Theory]
    [MemberData(nameof(Lenders))]
    public void When_the_policy_changes_what_is_out_counts_as_used_for_good(Algorithm algorithm)
    {
        var key = new LiveKey(algorithm, 100, 100 * Second);
        key.Do(Operation.Lease, 30, lease: A);
        var (limit, window) = (200L, TimeSpan.FromSeconds(100));
        Assert.True(LimitSpec.TryCreate(algorithm, [Bandwidth.Of(limit, window)], 1, out var newer, out _));
        key.Caller = newer;

        // gcra rounds up what flows back until the lease has ended.
        Assert.InRange(key.Peek().Remaining, 168, 170);
        Assert.Equal(Outcome.UnknownLease, key.Do(Operation.Return, 30, lease: A).Outcome);
        key.Now = Second;
        Assert.True(key.Peek().Remaining <= 170, "It flowed while permits were out.");
    }

    [Fact]
    public void A_snapshot_counts_what_is_out_as_used_and_nothing_flows_until_it_has_ended()
    {
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(100, TimeSpan.FromSeconds(1)));
        var state = LimitKey.Fresh(spec, default);
        Ask(Operation.Lease, 40, 0);
        Assert.True(LimitKey.TryRestore(spec, LimitKey.Snapshot(spec, state), out state));

        Assert.Equal(60, Ask(Operation.Peek, 0, Second).Remaining);
        Assert.Equal(Outcome.UnknownLease, Ask(Operation.Return, 40, Second / 2).Outcome);
        Assert.Equal(100, Ask(Operation.Peek, 0, 2 * Second).Remaining);

        Decision Ask(Operation operation, long permits, long now) => LimitKey.Execute(
            ref spec, ref state, new LimitRequest(LiveKey.Name, spec, operation, Permits.Of(permits), Lease: A), default, new Instant(now))
            .Decision;
    }

    [Theory]
    [MemberData(nameof(Lenders))]
    public void Whoever_is_refused_while_permits_are_out_is_admitted_after_the_told_wait_and_no_sooner(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
        {
            var key = Lending(dice, algorithm, flavour, out var cost);
            var refused = key.Peek(cost);
            if (refused.Outcome != Outcome.Limited || key.Now + refused.RetryAfter.Microseconds >= Instant.MaxMicroseconds)
                return;
            key.Now += refused.RetryAfter.Microseconds - 1;
            Assert.Equal(Outcome.Limited, key.Peek(cost).Outcome);
            key.Now++;
            Assert.Equal(Outcome.Admitted, key.Acquire(cost).Outcome);
        });

    [Theory]
    [MemberData(nameof(Lenders))]
    public void The_told_times_until_one_more_and_until_whole_are_exact_while_permits_are_out(Algorithm algorithm) =>
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
        {
            var key = Lending(dice, algorithm, flavour, out _);
            var (now, seen) = (key.Now, key.Peek());
            if (seen.NextAfter.IsNever || key.Spec.Bandwidths.Length > 1 || now + seen.ResetAfter.Microseconds >= Instant.MaxMicroseconds)
                return;
            key.Now = now + seen.NextAfter.Microseconds - 1;
            Assert.Equal(seen.Remaining, key.Peek().Remaining);
            key.Now++;
            Assert.True(key.Peek().Remaining > seen.Remaining);
            key.Now = now + seen.ResetAfter.Microseconds - 1;
            Assert.NotEqual(Wait.None, key.Peek().ResetAfter);
            key.Now++;
            Assert.Equal((Wait.None, key.Spec.Capacity), (key.Peek().ResetAfter, key.Peek().Remaining));
        });

    [Fact]
    public void Gcra_lends_exactly_as_the_token_bucket_does() => RandomLife.ForSeeds(Seeds, (dice, flavour) =>
    {
        var bucket = RandomSpecs.Draw(dice, Algorithm.TokenBucket, flavour);
        var (one, other) = (new LiveKey(bucket), new LiveKey(LimitSpec.Of(Algorithm.Gcra, bucket.Bandwidths)));
        for (var i = 0; i < 40; i++)
        {
            one.Now = other.Now += dice.OneOf(0, 1, dice.From(0, 400_000), dice.From(0, bucket.Bandwidths[0].WindowMicroseconds));
            var (operation, permits, lease) = DrawStep(dice, bucket.Capacity, i);
            Assert.Equal(one.Do(operation, permits, lease: lease), other.Do(operation, permits, lease: lease));
        }
    });

    private static LiveKey Lending(Dice dice, Algorithm algorithm, Flavour flavour, out long cost)
    {
        var spec = RandomSpecs.Draw(dice, algorithm, flavour);
        var key = new LiveKey(spec, 1_795_308_217 * Second + dice.From(0, 10 * Second));
        for (var i = 0; i < 12; i++)
        {
            key.Now += dice.OneOf(0, dice.From(0, 300_000), dice.From(0, spec.Bandwidths[0].WindowMicroseconds / 4));
            var (operation, permits, lease) = DrawStep(dice, spec.Capacity, i);
            key.Do(operation, permits, lease: lease);
        }

        key.Do(Operation.Lease, dice.From(1, spec.Capacity), lease: new LeaseId(1_000));
        cost = dice.OneOf(1, spec.Capacity, dice.From(1, spec.Capacity));
        return key;
    }

    private static (Operation Operation, long Permits, LeaseId Lease) DrawStep(
        Dice dice, long capacity, int number) => dice.From(0, 9) switch
        {
            < 4 => (Operation.Lease, dice.From(1, Math.Max(1, capacity / 4)), new LeaseId((UInt128)number + 1)),
            < 6 => (Operation.Return, dice.From(0, capacity), new LeaseId((UInt128)dice.From(1, number + 1))),
            < 8 => (Operation.Acquire, dice.From(1, Math.Max(1, capacity / 3)), default),
            8 => (Operation.Refund, dice.From(1, 3), default),
            _ => (Operation.Charge, dice.From(1, capacity), default),
        };
}
