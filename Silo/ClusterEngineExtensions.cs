using System.Diagnostics.Metrics;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Valve;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Silo;

/// <summary>Has the cluster decide.</summary>
public static class ClusterEngineExtensions
{
    /// <summary>
    /// Has the cluster decide, asked from outside or, where <c>Cluster:CoHosted</c> is true, by a process that is one of its silos too. The start does not wait
    /// for the cluster; until there is one, this process's own share of each limit decides.
    /// </summary>
    /// <remarks>
    /// The names of its actors begin with <c>Limiter:Application</c>: 1 to 64 letters, digits, '.', '_', '-', '~' or '%', so that apps of different names count apart on one cluster.
    /// Front ends that share limits must have the same. Default: none.
    /// </remarks>
    /// <param name="builder">The front end.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="LimiterConfigurationException">A variable or the setting is wrong.</exception>
    public static IHostApplicationBuilder AddClusterEngine(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var settings = ClusterSettings.Load(builder.Configuration, builder.Environment.IsDevelopment());
        var application = ApplicationSetting.Read(builder.Configuration, otherwise: "");
        builder.Services.AddClusterConnection(settings, asSilo: settings.IsCoHosted);
        builder.Services.AddSingleton<IValveEngine>(services => new OrleansValve(services.GetRequiredService<ClusterGate>(), services.GetService<SeedSeal>(), application));
        builder.Services.AddSingleton(services => new OrleansEngine(services.GetRequiredService<ClusterGate>(), application));
        return builder.UseRemoteEngine(services => services.GetRequiredService<OrleansEngine>());
    }

    /// <summary>Keeps this process connected with the cluster.</summary>
    internal static IServiceCollection AddClusterConnection(this IServiceCollection services, ClusterSettings settings, bool asSilo)
    {
        services.AddSingleton<ClusterGate>();
        services.AddSingleton<RedisStanding>();
        services.AddClusterLogs();
        return services.AddHostedService(provider =>
        {
            var (time, loggers) = (provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>());
            var meters = provider.GetRequiredService<IMeterFactory>();
            return new ClusterConnection(
                () => asSilo ? LimiterSilo.Build(settings, time, loggers, meters, provider.GetRequiredService<RedisStanding>()) : ClusterClient.Build(settings.Client, time, loggers, meters),
                provider.GetRequiredService<ClusterGate>(),
                time,
                new KeylessLoggerFactory(loggers, time).CreateLogger<ClusterConnection>());
        });
    }
}
