using System.Diagnostics.Metrics;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Connecting;

namespace OrleansLimiter.Silo;

/// <summary>Has the cluster decide that these programs make up.</summary>
internal static class ClusterEngineExtensions
{
    /// <summary>
    /// As <c>AddOrleansEngine</c>: has the cluster decide, asked from outside or, where <c>Cluster:CoHosted</c> is true, by a process that
    /// is one of its silos too. The start ends where a variable is wrong.
    /// </summary>
    /// <param name="builder">The front end.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHostApplicationBuilder AddClusterEngine(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var errors = new List<InvalidValue>();
        var settings = ClusterSettings.Read(builder.Configuration, builder.Environment.IsDevelopment(), isSilo: false, errors);
        builder.Services.AddEarlyErrors(errors);
        builder.Services.AddClusterConnection(
            services => settings.IsCoHosted ? BuildSilo(services, settings) : BuildClient(services, settings));
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
        services.GetRequiredService<RedisHealth>());

    private static IHost BuildClient(IServiceProvider services, ClusterSettings settings) => ClusterClient.Build(
        settings.Client, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>(),
            services.GetRequiredService<IMeterFactory>());
}
