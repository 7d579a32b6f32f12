using System.Diagnostics.Metrics;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Silo;

/// <summary>Has the cluster decide that these programs make up.</summary>
public static class ClusterEngineExtensions
{
    /// <summary>
    /// As <c>AddOrleansEngine</c>: has the cluster decide, asked from outside or, where <c>Cluster:CoHosted</c> is true, by a process that is one of its silos too.
    /// </summary>
    /// <param name="builder">The front end.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="LimiterConfigurationException">A variable or a setting is wrong.</exception>
    public static IHostApplicationBuilder AddClusterEngine(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = ClusterSettings.Load(builder.Configuration, builder.Environment.IsDevelopment());
        builder.Services.AddClusterConnection(services => settings.IsCoHosted ? BuildSilo(services, settings) : BuildClient(services, settings));
        return builder.UseCluster();
    }

    /// <summary>Makes this process a silo of the cluster.</summary>
    internal static IServiceCollection AddClusterSilo(this IServiceCollection services, ClusterSettings settings) =>
        services.AddClusterConnection(provider => BuildSilo(provider, settings));

    private static IHost BuildSilo(IServiceProvider services, ClusterSettings settings) => LimiterSilo.Build(
        settings,
        services.GetRequiredService<TimeProvider>(),
        services.GetRequiredService<ILoggerFactory>(),
        services.GetRequiredService<IMeterFactory>(),
        services.GetRequiredService<RedisStanding>());

    private static IHost BuildClient(IServiceProvider services, ClusterSettings settings) => ClusterClient.Build(
        settings.Client, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>(), services.GetRequiredService<IMeterFactory>());
}
