using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>A place is held for as long as its holder says so.</summary>
public sealed class RenewTests
{
    private const long Second = 1_000_000;

    private readonly LiveKey _key = new(Algorithm.Concurrency, 10, 5 * Second, now: 1_000 * Second);

    [Fact]
    public void A_renewed_place_is_held_for_its_whole_time_from_then_on()
    {
        var lease = _key.Acquire(4).Lease;
        _key.Now += 5 * Second - 1;
        var renewed = _key.Renew(lease);
        Assert.Equal((Outcome.Admitted, 6, 0, 5 * Second),
            (renewed.Outcome, renewed.Remaining, renewed.Charged, renewed.ResetAfter.Microseconds));

        _key.Now += 5 * Second - 1;
        Assert.Equal(6, _key.Peek().Remaining);
        _key.Now += 1;
        Assert.Equal(10, _key.Peek().Remaining);
    }

    [Fact]
    public void A_place_that_is_free_is_not_held_again()
    {
        var released = _key.Acquire().Lease;
        _key.Release(released);
        Assert.Equal(Outcome.UnknownLease, _key.Renew(released).Outcome);

        var expired = _key.Acquire().Lease;
        _key.Now += 5 * Second;
        Assert.Equal(Outcome.UnknownLease, _key.Renew(expired).Outcome);
        Assert.Equal(10, _key.Peek().Remaining);
    }

    [Fact]
    public void Others_keep_their_time()
    {
        var first = _key.Acquire(1).Lease;
        _key.Now += Second;
        _key.Acquire(2);
        _key.Now += Second;
        _key.Renew(first);

        // The second is the one that expires next now.
        Assert.Equal(4 * Second, _key.Peek(9).RetryAfter.Microseconds);
        _key.Now += 4 * Second;
        Assert.Equal(9, _key.Peek().Remaining);
    }

    [Fact]
    public void A_provisional_place_is_held_for_ten_seconds_until_it_is_renewed()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, 3_600 * Second, now: 1_000 * Second);
        var (heard, unheard) = (LeaseId.Provisional(1), LeaseId.Provisional(UInt128.MaxValue));
        Assert.Equal((heard, 3_600 * Second),
            (key.Do(Operation.Acquire, 2, lease: heard).Lease, key.Do(Operation.Acquire, 3, lease: unheard).ResetAfter.Microseconds));
        Assert.Equal(Outcome.Admitted, key.Renew(heard).Outcome);

        key.Now += 10 * Second - 1;
        Assert.Equal(5, key.Peek().Remaining);
        key.Now += 1;
        Assert.Equal(8, key.Peek().Remaining);
        Assert.Equal((Outcome.UnknownLease, Outcome.Admitted), (key.Renew(unheard).Outcome, key.Renew(heard).Outcome));
        key.Now += 3_600 * Second - 1;
        Assert.Equal(8, key.Peek().Remaining);
    }

    [Fact]
    public void A_provisional_place_under_an_id_is_given_out_afresh_when_its_short_life_is_over()
    {
        var key = new LiveKey(Algorithm.Concurrency, 10, 3_600 * Second, now: 1_000 * Second);
        var (first, second) = (LeaseId.Provisional(1), LeaseId.Provisional(2));
        key.Do(Operation.Acquire, 1, "a", first);
        key.Now += 10 * Second - 1;
        Assert.Equal(first, key.Do(Operation.Acquire, 1, "a", second).Lease);
        key.Now += 1;
        Assert.Equal((second, 9), (key.Do(Operation.Acquire, 1, "a", second).Lease, key.Peek().Remaining));
    }

    [Fact]
    public void No_provisional_place_outlives_its_time_to_live()
    {
        _key.Do(Operation.Acquire, 1, lease: LeaseId.Provisional(1));
        _key.Now += 5 * Second;
        Assert.Equal(10, _key.Peek().Remaining);
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(0x6F6C7061u, true)]
    [InlineData(0x6F6C7060u, false)]
    public void A_provisional_name_is_known_by_its_first_bits_and_survives_the_wire(uint first, bool isProvisional)
    {
        var name = new LeaseId((UInt128)first << 96 | 7);
        Assert.Equal(isProvisional, name.IsProvisional);
        Assert.True(LeaseId.TryParse(name.ToString(), out var read));
        Assert.Equal(name, read);
    }

    [Fact]
    public void A_clock_that_stepped_back_shortens_nothing()
    {
        var lease = _key.Acquire().Lease;
        _key.Now -= 3 * Second;
        Assert.Equal(8 * Second, _key.Renew(lease).ResetAfter.Microseconds);
    }
}
