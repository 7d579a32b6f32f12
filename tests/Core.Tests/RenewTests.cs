using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
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
        Assert.Equal((Outcome.Admitted, 6, 0, 5 * Second), (renewed.Outcome, renewed.Remaining, renewed.Charged, renewed.ResetAfter.Microseconds));

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
    public void A_clock_that_stepped_back_shortens_nothing()
    {
        var lease = _key.Acquire().Lease;
        _key.Now -= 3 * Second;
        Assert.Equal(8 * Second, _key.Renew(lease).ResetAfter.Microseconds);
    }
}
