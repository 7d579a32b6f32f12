using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>Settings from a few names and values, as if from configuration.</summary>
internal static class Configured
{
    /// <summary>A right policy named x, for tests that change one thing of it.</summary>
    public static readonly (string Name, string? Value)[] PolicyX =
        [("Limiter:Policies:x:Algorithm", "tokenBucket"), ("Limiter:Policies:x:Limit", "10"), ("Limiter:Policies:x:Window", "60s")];

    public static LimiterSettings Development(params (string Name, string? Value)[] values) =>
        Load(From(values), isDevelopment: true, ofProgram: true);

    public static LimiterSettings Production(params (string Name, string? Value)[] values) =>
        Load(From(values), isDevelopment: false, ofProgram: true);

    /// <summary>The settings that a host has.</summary>
    /// <param name="configuration">Its configuration.</param>
    /// <param name="isDevelopment">Whether it is in Development, which matters to <see cref="TestProgram"/> alone.</param>
    /// <param name="configure">What code says.</param>
    /// <param name="ofProgram">Whether it is <see cref="TestProgram"/>; default: a program that brings nothing along.</param>
    public static LimiterSettings Load(
        IConfiguration configuration, bool isDevelopment, Action<LimiterOptions>? configure = null, bool ofProgram = false)
    {
        var services = new ServiceCollection();
        if (ofProgram)
            services.AddTestProgram(isDevelopment);
        using var provider = services.AddLimiterCore(configuration, configure).BuildServiceProvider();
        return provider.GetRequiredService<LimiterSettings>();
    }

    /// <summary>The lines of the message with which production does not start.</summary>
    public static string[] ProductionErrors(params (string Name, string? Value)[] values) =>
        Assert.Throws<LimiterConfigurationException>(() => Production(values)).Message.Split('\n');

    /// <summary>The lines of the message with which development does not start.</summary>
    public static string[] DevelopmentErrors(params (string Name, string? Value)[] values) =>
        Assert.Throws<LimiterConfigurationException>(() => Development(values)).Message.Split('\n');

    /// <summary>The configuration; a later value of the same name wins.</summary>
    public static IConfiguration From(params (string Name, string? Value)[] values)
    {
        var last = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in values)
            last[name] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(last).Build();
    }

    public static Policy Policy(this LimiterSettings settings, string name)
    {
        Assert.True(settings.Policies.TryGet(name, out var policy), $"There is no policy {name}.");
        return policy;
    }
}
