using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Configuration;
using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Api.Operations;

/// <summary>What the operators' side needs.</summary>
internal static partial class OperationsServices
{
    /// <summary>Adds metrics, export, quiet logs, health, a slow end and the operators' door.</summary>
    public static IServiceCollection AddOperations(this IServiceCollection services, IConfiguration configuration, ServiceSettings settings)
    {
        services.AddTelemetry(configuration, "orleanslimiter");
        services.TryAddSingleton<OperatorKey>();
        services.TryAddSingleton<AuditLog>();
        services.AddSingleton(new WatchedSettings(["Cluster", "Connections"]));
        services.AddQuietLogs();
        services.AddPacedLogs();
        services.AddServiceLinkNotice();
        services.AddHealth().AddOrleansLimiter("engine").AddCheck<DatabaseCheck>("database");
        services.AddHostedService(provider => new Draining(settings.Drain, provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Says which engine decides and why, and where operators are served.</summary>
    public static void LogStart(this WebApplication app, ServiceSettings settings)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansLimiter.Api");
        LogEngine(logger, settings.Engine, settings.EngineReason);
        if (settings.Operations is { } operations)
            LogOperations(logger, operations);
        var limiter = app.Services.GetRequiredService<LimiterSettings>();
        if (limiter.Tenants.All.Count == 0)
            LogNoTenants(logger);
        if (limiter.Operators.All.Count == 0)
            LogNoOperators(logger);
    }

    [LoggerMessage(EventId = 1, EventName = "EngineChosen", Level = LogLevel.Information,
        Message = "The engine is {Engine}, because {Reason}.")]
    private static partial void LogEngine(ILogger logger, string engine, string reason);

    [LoggerMessage(
        EventId = 3, EventName = "NoTenants", Level = LogLevel.Warning,
        Message = "No tenant is configured (Tenants:0:Name and :KeySha256) and Limiter:PublicTenant:Enabled is not true: every request to "
            + "/limit/* will be answered 401.")]
    private static partial void LogNoTenants(ILogger logger);

    [LoggerMessage(
        EventId = 4, EventName = "NoOperators", Level = LogLevel.Warning,
        Message = "No operator is configured (Operators:0:Name and :KeySha256): nobody can have a key forgotten, or pause a sale.")]
    private static partial void LogNoOperators(ILogger logger);

    [LoggerMessage(EventId = 2, EventName = "OperationsListen", Level = LogLevel.Information,
        Message = "Health, metrics and the API description are served on {Address} only.")]
    private static partial void LogOperations(ILogger logger, System.Net.IPEndPoint address);
}
