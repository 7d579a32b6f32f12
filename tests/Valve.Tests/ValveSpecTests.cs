using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Valve.Tests;

public sealed class ValveSpecTests
{
    private static readonly ValveRates Rates = ValveRates.Of(1, TimeSpan.FromSeconds(1), 1);

    [Theory]
    [InlineData(0, 1_000, 1, "admissions is 0: it must be from 1 to 1,000,000 people.")]
    [InlineData(1_000_001, 1_000, 1, "admissions is 1000001: it must be from 1 to 1,000,000 people.")]
    [InlineData(1, 999, 1, "window is 00:00:00.9990000: it must be from 1 second to 1 hour, in whole microseconds.")]
    [InlineData(1, 3_600_001, 1, "window is 01:00:00.0010000: it must be from 1 second to 1 hour, in whole microseconds.")]
    [InlineData(1, 1_000, 0, "checkout is 0: it must be from 1 to 1,000,000 people.")]
    [InlineData(1, 1_000, 1_000_001, "checkout is 1000001: it must be from 1 to 1,000,000 people.")]
    public void Wrong_rates_are_named(long admissions, int windowMs, long checkout, string complaint)
    {
        Assert.False(ValveRates.TryCreate(admissions, TimeSpan.FromMilliseconds(windowMs), checkout, out _, out var error));
        Assert.Equal(complaint, error.ToString());
    }

    [Theory]
    [InlineData(2, 1, 10_000, 1, "opensAt is 1 us: it must not be before preQueueAt.")]
    [InlineData(1, 1, 9_999, 1, "acceptWithin is 00:00:09.9990000: it must be from 10 seconds to 1 hour, in whole milliseconds.")]
    [InlineData(1, 1, 3_600_001, 1, "acceptWithin is 01:00:00.0010000: it must be from 10 seconds to 1 hour, in whole milliseconds.")]
    [InlineData(1, 1, 10_000, 0, "maxPlaces is 0: it must be from 1 to 1,000,000 places.")]
    [InlineData(1, 1, 10_000, 1_000_001, "maxPlaces is 1000001: it must be from 1 to 1,000,000 places.")]
    public void A_wrong_spec_is_named(long preQueueAt, long opensAt, int turnMs, int maxPlaces, string complaint)
    {
        Assert.False(ValveSpec.TryCreate(
            SaleId.Of("a"), new Instant(preQueueAt), new Instant(opensAt), Rates, TimeSpan.FromMilliseconds(turnMs), maxPlaces, out _,
            out var error));
        Assert.Equal(complaint, error.ToString());
    }

    [Fact]
    public void A_sale_and_rates_must_be_given()
    {
        Assert.StartsWith("sale is missing",
            Assert.Throws<ArgumentException>(() => ValveSpec.Of(default, default, default, Rates)).Message, StringComparison.Ordinal);
        Assert.StartsWith("rates is missing",
            Assert.Throws<ArgumentException>(() => ValveSpec.Of(SaleId.Of("a"), default, default, default)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ValveCommand.SetRates(default));
        Assert.Throws<ArgumentException>(() => SaleId.Of("A sale"));
    }
}
