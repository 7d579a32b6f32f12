using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class TimeTests
{
    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(9_007_199_254_740_991, 9_007_199_254_740_991)]
    [InlineData(9_007_199_254_740_992, 9_007_199_254_740_991)]
    [InlineData(long.MaxValue, 9_007_199_254_740_991)]
    public void An_instant_is_clamped_to_the_numbers_that_Lua_holds(long microseconds, long clamped) =>
        Assert.Equal(clamped, new Instant(microseconds).Microseconds);

    [Fact]
    public void An_instant_is_the_microsecond_that_a_time_falls_in()
    {
        Assert.Equal(1_500_000, Instant.From(DateTimeOffset.UnixEpoch.AddTicks(15_000_009)).Microseconds);
        Assert.Equal(0, Instant.From(DateTimeOffset.MinValue).Microseconds);
        Assert.Equal(Instant.MaxMicroseconds, Instant.From(DateTimeOffset.MaxValue).Microseconds);
        Assert.Equal(0, Instant.From(new DateTimeOffset(1970, 1, 1, 2, 0, 0, TimeSpan.FromHours(2))).Microseconds);
    }

    [Fact]
    public void After_never_overflows()
    {
        Assert.Equal(7, new Instant(3).After(Wait.OfMicroseconds(4)).Microseconds);
        Assert.Equal(Instant.MaxMicroseconds, new Instant(Instant.MaxMicroseconds).After(Wait.OfMicroseconds(long.MaxValue)).Microseconds);
        Assert.Equal(Instant.MaxMicroseconds, new Instant(3).After(Wait.Never).Microseconds);
    }

    [Fact]
    public void Instants_are_ordered_by_time()
    {
        var (early, late) = (new Instant(1), new Instant(2));

        Assert.True(early < late && early <= late && late > early && late >= early && early.CompareTo(late) < 0);
        Assert.False(late < early || late <= early || early > late || early >= late);
        Assert.Equal(late, Instant.Max(early, late));
        Assert.Equal(late, Instant.Max(late, early));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1_000, 1, 1)]
    [InlineData(1_001, 2, 1)]
    [InlineData(1_000_000, 1_000, 1)]
    [InlineData(1_000_001, 1_001, 2)]
    [InlineData(long.MaxValue, 9_007_199_254_741, 9_007_199_255)]
    public void Waits_round_up_in_coarser_units(long microseconds, long milliseconds, long seconds)
    {
        var wait = Wait.OfMicroseconds(microseconds);

        Assert.Equal((milliseconds, seconds), (wait.MillisecondsUp, wait.SecondsUp));
    }

    [Fact]
    public void Never_is_longer_than_any_wait_and_has_no_length()
    {
        var longest = Wait.OfMicroseconds(long.MaxValue);

        Assert.True(Wait.Never.IsNever);
        Assert.False(longest.IsNever);
        Assert.Null(Wait.Never.MillisecondsUp);
        Assert.Null(Wait.Never.SecondsUp);
        Assert.Equal(Wait.Never, Wait.Longer(Wait.Never, longest));
        Assert.Equal(Wait.Never, Wait.Longer(longest, Wait.Never));
        Assert.Equal(longest, Wait.Longer(Wait.None, longest));
        Assert.Equal(longest, Wait.Longer(longest, Wait.None));
        Assert.Equal(Wait.None, Wait.OfMicroseconds(-1));
    }
}
