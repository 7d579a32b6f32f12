using OrleansLimiter.Hosting.Connections;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Silo;

/// <summary>What surrounds the silo in its own process.</summary>
internal static partial class SiloHosting
{
    /// <summary>Serves health and metrics, and nothing else, where operators are.</summary>
    public static void AddSiloListener(this WebApplicationBuilder builder, ClusterSettings settings)
    {
        builder.Services.AddSingleton<IStartupFilter, AnswerHeaders>();
        builder.Services.AddBoundedConnections(ConnectionSettings.OperatorsOnly, settings.Operations);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Bound(ConnectionSettings.OperatorsOnly);
            kestrel.Listen(settings.Operations);
        });
    }

    /// <summary>Says where this silo stands.</summary>
    public static void LogStart(this WebApplication app, ClusterSettings settings)
    {
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansLimiter.Silo");
        LogPlace(logger, settings.Client.ClusterId, settings.Address.ToString(), settings.SiloPort, settings.Client.LocalGatewayPort);
        if (settings.Redis is { } redis)
            LogRedis(logger, redis.ToString());
        else
            LogAlone(logger);
    }

    [LoggerMessage(1, LogLevel.Information,
        "A silo of the cluster {ClusterId}, at {Address}: port {SiloPort} for silos, {GatewayPort} for clients")]
    private static partial void LogPlace(ILogger logger, string clusterId, string address, int siloPort, int gatewayPort);

    [LoggerMessage(2, LogLevel.Information, "The list of silos and the snapshots are in Redis at {Address}")]
    private static partial void LogRedis(ILogger logger, string address);

    [LoggerMessage(3, LogLevel.Warning, "No Redis is named: this is a cluster of one silo, which forgets everything when it stops")]
    private static partial void LogAlone(ILogger logger);
}
