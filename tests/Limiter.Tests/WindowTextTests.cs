using OrleansLimiter.Configuration;

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
    [InlineData("1:30")]
    [InlineData("1:2:3:4")]
    public void Anything_else_is_no_window(string text) => Assert.False(WindowText.TryParse(text, out _));

    [Theory]
    [InlineData("24:00:00", "; for 24 hours write 24h, for as many days 24d")]
    [InlineData("25:00:00", "; for 25 hours write 25h, for as many days 25d")]
    [InlineData("48:00", "; for 48 hours write 48h, for as many days 48d")]
    [InlineData("1M", "; a minute is 1m, a month 30d, and a millisecond 1ms, all in small letters")]
    [InlineData("500MS", "; a minute is 1m, a month 30d, and a millisecond 1ms, all in small letters")]
    [InlineData("1:30", "; with colons it is hours, minutes and seconds, all three, after whole days and a dot if any (1.00:00:00)")]
    public void What_two_people_read_differently_is_refused_and_the_message_says_how_to_write_it(string text, string hint)
    {
        Assert.False(WindowText.TryParse(text, out _));
        Assert.Equal(
            $"Limiter:Policies:x:Window is '{text}': it {WindowText.Rule}{hint}.",
            Assert.Single(Configured.ProductionErrors([.. Configured.PolicyX, ("Limiter:Policies:x:Window", text)])));
    }

    [Theory]
    [InlineData("Limiter:Deadline", "10")]
    [InlineData("Limiter:Breaker:Window", "5")]
    [InlineData("Limiter:Breaker:Pause", "2")]
    public void A_span_that_people_write_in_milliseconds_needs_its_unit(string setting, string text) =>
        Assert.StartsWith($"{setting} is '{text}': it must be a time span", Assert.Single(Configured.ProductionErrors((setting, text))),
            StringComparison.Ordinal);
}
