using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>Makes hosts that hold a client of the cluster and nothing else.</summary>
internal static class ClusterClient
{
    /// <summary>Makes one, not started. Its start tries for as long as it takes to find a silo.</summary>
    /// <param name="options">Where the cluster is.</param>
    /// <param name="time">The clock of the pauses between attempts.</param>
    /// <param name="loggers">Where it logs; keys are taken out.</param>
    /// <param name="meters">Where it measures.</param>
    /// <returns>The host; <see cref="IGrainFactory"/> is among its services.</returns>
    public static IHost Build(ClusterOptions options, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = ChildHost.CreateBuilder(loggers, time, meters);
        if (options.Redis is not null)
            builder.Services.AddRedisClients(time);
        builder.UseOrleansClient(client =>
        {
            client.Configure<global::Orleans.Configuration.ClusterOptions>(cluster =>
            {
                cluster.ClusterId = options.ClusterId;
                cluster.ServiceId = options.ServiceId;
            });
            if (options.Redis is { } redis)
                client.UseRedisClustering(membership => membership.ConfigurationOptions = RedisConnecting.OptionsOf(redis));
            else
                client.UseLocalhostClustering(options.LocalGatewayPort, options.ServiceId, options.ClusterId);
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = ClusterTimes.GatewayRefresh);
            client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = ClusterTimes.TypesRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ClusterTimes.Response);
            client.UseConnectionRetryFilter(async (_, cancellationToken) =>
            {
                await Task.Delay(ClusterTimes.JoinRetry, time, cancellationToken);
                return true;
            });
        });
        return builder.Build();
    }
}
