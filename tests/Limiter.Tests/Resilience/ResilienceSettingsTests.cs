namespace OrleansLimiter.Limiter.Tests.Resilience;

public class ResilienceSettingsTests
{
    private const string SpanRule = "it must be a time span such as 00:00:01.500 or a whole number with its unit (150ms, 1s), from";

    [Fact]
    public void Nothing_needs_to_be_set()
    {
        var settings = Configured.Production().Resilience;
        Assert.Equal((1, 4_096, 1_000), (settings.FrontEnds, settings.MaxInFlight, settings.ChargesPerSecond));
        Assert.Equal((80, 50, 20), (settings.FaultPercent, settings.PartitionFaultPercent, settings.MinimumCalls));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)),
                (settings.Deadline, settings.Window, settings.Pause));
    }

    [Fact]
    public void Everything_can_be_set()
    {
        var settings = Configured.Production(
            ("Limiter:FrontEnds", "3"), ("Limiter:Deadline", "80ms"), ("Limiter:MaxInFlight", "7"), ("Limiter:ChargesPerSecond", "9"),
            ("Limiter:Breaker:FaultPercent", "60"), ("Limiter:Breaker:PartitionFaultPercent", "30"), ("Limiter:Breaker:MinimumCalls", "5"),
            ("Limiter:Breaker:Window", "00:00:03.500"), ("Limiter:Breaker:Pause", "700ms")).Resilience;
        Assert.Equal((3, 7, 9), (settings.FrontEnds, settings.MaxInFlight, settings.ChargesPerSecond));
        Assert.Equal((60, 30, 5), (settings.FaultPercent, settings.PartitionFaultPercent, settings.MinimumCalls));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(80), TimeSpan.FromMilliseconds(3_500), TimeSpan.FromMilliseconds(700)),
                (settings.Deadline, settings.Window, settings.Pause));
    }

    [Theory]
    [InlineData("Deadline", "9ms", SpanRule + " 10 ms to 10,000 ms.")]
    [InlineData("Deadline", "11s", SpanRule + " 10 ms to 10,000 ms.")]
    [InlineData("Deadline", "soon", SpanRule + " 10 ms to 10,000 ms.")]
    [InlineData("MaxInFlight", "0", "it must be a whole number from 1 to 1,000,000 calls.")]
    [InlineData("MaxInFlight", "1000001", "it must be a whole number from 1 to 1,000,000 calls.")]
    [InlineData("ChargesPerSecond", "0", "it must be a whole number from 1 to 100,000 charges.")]
    [InlineData("ChargesPerSecond", "100001", "it must be a whole number from 1 to 100,000 charges.")]
    [InlineData("Breaker:FaultPercent", "0", "it must be a whole number from 1 to 100 percent.")]
    [InlineData("Breaker:FaultPercent", "101", "it must be a whole number from 1 to 100 percent.")]
    [InlineData("Breaker:PartitionFaultPercent", "0.5", "it must be a whole number from 1 to 100 percent.")]
    [InlineData("Breaker:MinimumCalls", "1", "it must be a whole number from 2 to 10,000 calls.")]
    [InlineData("Breaker:Window", "499ms", SpanRule + " 500 ms to 60,000 ms.")]
    [InlineData("Breaker:Window", "61s", SpanRule + " 500 ms to 60,000 ms.")]
    [InlineData("Breaker:Pause", "499ms", SpanRule + " 500 ms to 60,000 ms.")]
    public void A_wrong_value_stops_the_start_with_its_name_and_rule(string name, string value, string rule) =>
        Assert.Equal([$"Limiter:{name} is '{value}': {rule}"], Configured.ProductionErrors(($"Limiter:{name}", value)));

    [Fact]
    public void Unknown_names_of_the_breaker_stop_the_start() => Assert.Equal(
        ["Limiter:Breaker:Ratio is set: it is no setting; known here: FaultPercent, PartitionFaultPercent, MinimumCalls, Window, Pause."],
        Configured.ProductionErrors(("Limiter:Breaker:Ratio", "0.8")));

    [Fact]
    public void A_pause_shorter_than_the_deadline_stops_the_start() => Assert.Equal(
        ["Limiter:Breaker:Pause is 1,000 ms: it must be at least Limiter:Deadline, which is 2,000 ms."],
        Configured.ProductionErrors(("Limiter:Deadline", "2s")));

    [Fact]
    public void Code_is_held_to_the_same_rules()
    {
        var thrown = Assert.Throws<LimiterConfigurationException>(() => Configured.Load(
            Configured.From(), isDevelopment: false,
            options =>
            {
                options.Deadline = TimeSpan.FromMilliseconds(5);
                options.MaxInFlight = 0;
                options.ChargesPerSecond = 100_001;
                options.Breaker.FaultPercent = 0;
                options.Breaker.PartitionFaultPercent = 101;
                options.Breaker.MinimumCalls = 1;
                options.Breaker.Window = TimeSpan.FromMinutes(2);
                options.Breaker.Pause = TimeSpan.Zero;
            }));
        Assert.Equal(
            [
                $"Limiter:Deadline is 5 ms: {SpanRule} 10 ms to 10,000 ms.",
                "Limiter:MaxInFlight is 0: it must be a whole number from 1 to 1,000,000 calls.",
                "Limiter:ChargesPerSecond is 100001: it must be a whole number from 1 to 100,000 charges.",
                "Limiter:Breaker:FaultPercent is 0: it must be a whole number from 1 to 100 percent.",
                "Limiter:Breaker:PartitionFaultPercent is 101: it must be a whole number from 1 to 100 percent.",
                "Limiter:Breaker:MinimumCalls is 1: it must be a whole number from 2 to 10,000 calls.",
                $"Limiter:Breaker:Window is 120,000 ms: {SpanRule} 500 ms to 60,000 ms.",
                $"Limiter:Breaker:Pause is 0 ms: {SpanRule} 500 ms to 60,000 ms.",
            ],
            thrown.Failures);
    }
}
