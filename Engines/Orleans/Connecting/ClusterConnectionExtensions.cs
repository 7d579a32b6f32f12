using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>Keeps a process connected with the cluster.</summary>
internal static class ClusterConnectionExtensions
{
    /// <summary>Adds the connection, the gate that it opens and the rules for Orleans' logs.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="build">Makes a host that joins the cluster when it starts, as a client or as a silo; called for each attempt.</param>
    public static IServiceCollection AddClusterConnection(this IServiceCollection services, Func<IServiceProvider, IHost> build)
    {
        services.AddSingleton<ClusterGate>();
        services.AddSingleton<RedisHealth>();
        services.AddClusterLogs();
        return services.AddHostedService(provider => new ClusterConnection(
            () => build(provider),
            provider.GetRequiredService<ClusterGate>(),
            provider.GetRequiredService<TimeProvider>(),
            new KeylessLoggerFactory(provider.GetRequiredService<ILoggerFactory>(), provider.GetRequiredService<TimeProvider>())
                .CreateLogger<ClusterConnection>()));
    }
}
