using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace OrleansLimiter.Limiter;

/// <summary>Reads and checks what a remote engine's calls are held to. Code may have set the numbers too, so bounds are checked again.</summary>
internal static class ResilienceRules
{
    private static readonly string Section = LimiterOptions.Section;

    private static readonly string SpanRule = SettingsReader.SpanRule(BreakerOptions.Shortest, BreakerOptions.Longest);
    private static readonly string DeadlineRule = SettingsReader.SpanRule(LimiterOptions.ShortestDeadline, LimiterOptions.LongestDeadline);

    /// <summary>Lays configuration over the options.</summary>
    public static void Read(SettingsReader limiter, IConfiguration configuration, LimiterOptions options, SettingErrors errors)
    {
        limiter.Span("Deadline", LimiterOptions.ShortestDeadline, LimiterOptions.LongestDeadline, value => options.Deadline = value);
        limiter.Whole("MaxInFlight", 1, LimiterOptions.LargestMaxInFlight, "calls", value => options.MaxInFlight = (int)value);
        limiter.Whole("ChargesPerSecond", 1, LimiterOptions.MostChargesPerSecond, "charges", value => options.ChargesPerSecond = (int)value);
        var breaker = new SettingsReader(configuration.GetSection($"{Section}:Breaker"), errors);
        breaker.Whole("FaultPercent", 1, 100, "percent", value => options.Breaker.FaultPercent = (int)value);
        breaker.Whole("PartitionFaultPercent", 1, 100, "percent", value => options.Breaker.PartitionFaultPercent = (int)value);
        breaker.Whole("MinimumCalls", 2, BreakerOptions.MaxMinimumCalls, "calls", value => options.Breaker.MinimumCalls = (int)value);
        breaker.Span("Window", BreakerOptions.Shortest, BreakerOptions.Longest, value => options.Breaker.Window = value);
        breaker.Span("Pause", BreakerOptions.Shortest, BreakerOptions.Longest, value => options.Breaker.Pause = value);
        breaker.RejectOthers();
        limiter.Ignore(["Breaker"]);
    }

    /// <summary>Checks them all.</summary>
    public static void Check(LimiterOptions options, SettingErrors errors)
    {
        Span("Deadline", options.Deadline, LimiterOptions.ShortestDeadline, LimiterOptions.LongestDeadline, DeadlineRule, errors);
        Whole("MaxInFlight", options.MaxInFlight, 1, LimiterOptions.LargestMaxInFlight, "calls", errors);
        Whole("ChargesPerSecond", options.ChargesPerSecond, 1, LimiterOptions.MostChargesPerSecond, "charges", errors);
        Whole("Breaker:FaultPercent", options.Breaker.FaultPercent, 1, 100, "percent", errors);
        Whole("Breaker:PartitionFaultPercent", options.Breaker.PartitionFaultPercent, 1, 100, "percent", errors);
        Whole("Breaker:MinimumCalls", options.Breaker.MinimumCalls, 2, BreakerOptions.MaxMinimumCalls, "calls", errors);
        Span("Breaker:Window", options.Breaker.Window, BreakerOptions.Shortest, BreakerOptions.Longest, SpanRule, errors);
        Span("Breaker:Pause", options.Breaker.Pause, BreakerOptions.Shortest, BreakerOptions.Longest, SpanRule, errors);

        // A call from before the pause that came back during a probe would be taken for the probe's result.
        if (options.Breaker.Pause < options.Deadline)
            errors.Add($"{Section}:Breaker:Pause", Text(options.Breaker.Pause), $"must be at least {Section}:Deadline, which is {Text(options.Deadline)}");
    }

    private static void Whole(string name, int value, int min, int max, string unit, SettingErrors errors)
    {
        if (value < min || value > max)
            errors.Add($"{Section}:{name}", value.ToString(CultureInfo.InvariantCulture), SettingsReader.WholeRule(min, max, unit));
    }

    private static void Span(string name, TimeSpan value, TimeSpan min, TimeSpan max, string rule, SettingErrors errors)
    {
        if (value < min || value > max)
            errors.Add($"{Section}:{name}", Text(value), rule);
    }

    private static string Text(TimeSpan value) => string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:N0} ms");
}
