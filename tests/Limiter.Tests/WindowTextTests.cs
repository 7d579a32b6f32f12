namespace OrleansLimiter.Limiter.Tests;

public class WindowTextTests
{
    [Theory]
    [InlineData("00:01:00", 60_000)]
    [InlineData("1.00:00:00", 86_400_000)]
    [InlineData("00:00:00.250", 250)]
    [InlineData("60", 60_000)]
    [InlineData("60s", 60_000)]
    [InlineData("60S", 60_000)]
    [InlineData("1ms", 1)]
    [InlineData("500ms", 500)]
    [InlineData("10m", 600_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("366d", 31_622_400_000)]
    public void A_window_may_be_a_time_span_a_number_with_a_unit_or_seconds(string text, long milliseconds)
    {
        Assert.True(WindowText.TryParse(text, out var window));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), window);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("s")]
    [InlineData("1.5h")]
    [InlineData("1 h")]
    [InlineData("1w")]
    [InlineData("1us")]
    [InlineData("367d")]
    [InlineData("9223372036854775807d")]
    [InlineData("99999999999999999999")]
    [InlineData("00:00:00")]
    [InlineData("-00:01:00")]
    [InlineData("366.00:00:01")]
    [InlineData("00:99:00")]
    [InlineData("00:00:00.0009")]
    [InlineData("minute")]
    public void Anything_else_is_no_window(string text) => Assert.False(WindowText.TryParse(text, out _));
}
