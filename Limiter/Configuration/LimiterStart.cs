using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Configuration;

/// <summary>Says what the limiter starts with. Runs once, before requests are served.</summary>
/// <param name="services">Where the settings are: not asked before the host has validated them.</param>
/// <param name="logger">Where it is said.</param>
internal sealed partial class LimiterStart(IServiceProvider services, ILogger<LimiterStart> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var (settings, engine) = (services.GetRequiredService<LimiterSettings>(), services.GetRequiredService<ILimitEngine>());
        LogStart(logger, engine.Source, settings.Policies.All.Count, settings.Tenants.All.Count, settings.MaxKeys,
            settings.MaxKeysPerTenant, settings.MaxOwnKeys);
        if (settings.AcceptsWellKnownKeys)
            LogDevelopment(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        EventId = 1, EventName = "LimiterStarted", Level = LogLevel.Information,
        Message = "The limiter starts: engine {Source}, {Policies} policies, {Tenants} tenants, at most {MaxKeys} keys, {MaxKeysPerTenant} "
            + "of one tenant, and {MaxOwnKeys} of the app's own limits.")]
    private static partial void LogStart(
        ILogger logger, string source, int policies, int tenants, long maxKeys, long maxKeysPerTenant, long maxOwnKeys);

    [LoggerMessage(
        EventId = 3, EventName = "DevelopmentDefaults", Level = LogLevel.Warning,
        Message = "The development defaults are on: well-known API keys and a well-known operator key are accepted. Never serve others "
            + "like this.")]
    private static partial void LogDevelopment(ILogger logger);
}
