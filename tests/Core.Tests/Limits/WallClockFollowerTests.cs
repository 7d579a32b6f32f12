using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class WallClockFollowerTests
{
    private const long Second = 1_000_000_000; // timestamps are nanoseconds

    private static readonly DateTimeOffset Start = new(2026, 11, 29, 0, 0, 0, TimeSpan.Zero);
    private readonly WallClockFollower _wall = new(frequency: Second);

    [Fact]
    public void It_moves_by_the_timer_while_the_wall_is_off_by_less_than_the_tolerance()
    {
        Assert.Equal(Instant.From(Start), _wall.Read(0, Start, 0).Now);
        Assert.Equal(Instant.From(Start.AddSeconds(1)), _wall.Read(Second, Start.AddSeconds(1.05), Second).Now);
        Assert.Equal(Instant.From(Start.AddSeconds(2)), _wall.Read(2 * Second, Start.AddSeconds(1.95), 2 * Second).Now);
    }

    [Theory]
    [InlineData(-600_000)]
    [InlineData(51)]
    [InlineData(200_000)]
    public void A_step_is_followed_and_told(int milliseconds)
    {
        var step = TimeSpan.FromMilliseconds(milliseconds);
        var before = _wall.Read(0, Start, 0);
        var after = _wall.Read(Second, Start.AddSeconds(1) + step, Second);

        Assert.Equal(Instant.From(Start.AddSeconds(1) + step), after.Now);
        Assert.Equal(milliseconds * 1_000L, after.OffsetMicroseconds - before.OffsetMicroseconds);
    }

    [Fact]
    public void A_thread_that_is_held_up_between_the_readings_is_no_step()
    {
        _wall.Read(0, Start, 0);
        Assert.Equal(Instant.From(Start.AddSeconds(2)), _wall.Read(Second, Start.AddSeconds(1), 2 * Second).Now);
    }
}
