using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class BandwidthTests
{
    public static TheoryData<long, TimeSpan, long?, string> Wrong => new()
    {
        { 0, TimeSpan.FromSeconds(1), null, "limit is 0: it must be from 1 to 1,000,000,000 permits." },
        { -5, TimeSpan.FromSeconds(1), null, "limit is -5: it must be from 1 to 1,000,000,000 permits." },
        { 1_000_000_001, TimeSpan.FromSeconds(1), null, "limit is 1000000001: it must be from 1 to 1,000,000,000 permits." },
        { long.MinValue, TimeSpan.FromSeconds(1), null, "limit is -9223372036854775808: it must be from 1 to 1,000,000,000 permits." },
        { 1, TimeSpan.FromMicroseconds(999), null, "window is 00:00:00.0009990: it must be from 1 millisecond to 366 days." },
        { 1, TimeSpan.Zero, null, "window is 00:00:00: it must be from 1 millisecond to 366 days." },
        { 1, TimeSpan.MinValue, null, "window is -10675199.02:48:05.4775808: it must be from 1 millisecond to 366 days." },
        { 1, TimeSpan.FromDays(366) + TimeSpan.FromTicks(1), null,
            "window is 366.00:00:00.0000001: it must be from 1 millisecond to 366 days." },
        { 1, TimeSpan.FromTicks(10_001), null, "window is 00:00:00.0010001: it must be whole microseconds." },
        { 1, TimeSpan.FromSeconds(1), 0, "burst is 0: it must be from 1 to 1,000,000,000 permits." },
        { 1, TimeSpan.FromSeconds(1), 1_000_000_001, "burst is 1000000001: it must be from 1 to 1,000,000,000 permits." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_number_is_named_with_its_value_and_the_rule(long limit, TimeSpan window, long? burst, string complaint)
    {
        Assert.False(Bandwidth.TryCreate(limit, window, burst, out var bandwidth, out var error));

        Assert.Null(bandwidth);
        Assert.Equal(complaint, error.ToString());
        Assert.Equal(complaint, Assert.Throws<ArgumentException>(() => Bandwidth.Of(limit, window, burst)).Message);
    }

    [Theory]
    [InlineData(1, 1_000, null, 1)]
    [InlineData(1_000_000_000, 31_622_400_000_000, null, 1_000_000_000)]
    [InlineData(10, 1_001, 1L, 1)]
    [InlineData(10, 60_000_000, 1_000_000_000L, 1_000_000_000)]
    public void Numbers_on_the_bounds_are_right(long limit, long window, long? burst, long capacity)
    {
        Assert.True(Bandwidth.TryCreate(limit, TimeSpan.FromMicroseconds(window), burst, out var bandwidth, out var error));

        Assert.Null(error);
        Assert.Equal((limit, window, burst, capacity),
            (bandwidth.Limit, bandwidth.WindowMicroseconds, bandwidth.Burst, bandwidth.Capacity));
    }
}
