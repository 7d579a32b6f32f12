using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Hosting;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>Has the actors of an Orleans cluster decide.</summary>
/// <remarks>
/// The names of its actors begin with <c>Limiter:Application</c>: 1 to 64 letters, digits, '.', '_', '-', '~' or '%', so that apps of
/// different names count apart on one cluster. Front ends that share limits must have the same. Default: none.
/// </remarks>
public static class OrleansEngineExtensions
{
    /// <summary>
    /// Has a cluster decide that this process is a client of: the silos that <c>CLUSTER_ID</c>, <c>SERVICE_ID</c> and <c>REDIS_URL</c> (or
    /// <c>REDIS_HOST</c> and <c>REDIS_PORT</c>) name; without a Redis, in Development, the silo on this machine at <c>GATEWAY_PORT</c>. The
    /// start does not wait for the cluster; until there is one, this process's own share of each limit decides. It ends where a variable is
    /// wrong or missing. To be called once, beside <c>AddOrleansLimiter</c>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="configure">Changes made by code, after the variables.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHostApplicationBuilder AddOrleansEngine(this IHostApplicationBuilder builder, Action<ClusterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var errors = new List<InvalidValue>();
        var options = ClusterOptions.Read(builder.Configuration, builder.Environment.IsDevelopment(), errors, out _);
        configure?.Invoke(options);
        builder.Services.AddEarlyErrors(errors);
        builder.Services.AddClusterConnection(services => ClusterClient.Build(
            options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILoggerFactory>(),
                services.GetRequiredService<IMeterFactory>()));
        return builder.UseCluster();
    }

    /// <summary>
    /// Has the cluster decide that the app itself is a silo or a client of, by <c>UseOrleans</c> or <c>UseOrleansClient</c>. Its silos host
    /// the actors: <c>AddLimitGrains</c> of <c>OrleansLimiter.Grains</c>. Asked from when the host has started until it stops. To be called
    /// once, beside <c>AddOrleansLimiter</c>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="grains">Gives the app's factory of references to actors: <c>services =>
    /// services.GetRequiredService&lt;IGrainFactory&gt;()</c>.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHostApplicationBuilder AddOrleansEngine(
        this IHostApplicationBuilder builder, Func<IServiceProvider, IGrainFactory> grains)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(grains);
        builder.Services.AddSingleton<ClusterGate>();
        builder.Services.AddHostedService(services => new OwnClusterGate(
            services.GetRequiredService<ClusterGate>(), () => grains(services), services.GetService<IClusterManifestProvider>));
        return builder.UseCluster();
    }

    /// <summary>Has the engine decide that asks through the gate.</summary>
    internal static IHostApplicationBuilder UseCluster(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValveEngine>(services =>
            new OrleansValve(services.GetRequiredService<ClusterGate>(), services.GetService<SeedSeal>(), ApplicationOf(services)));
        builder.Services.AddSingleton(services => new OrleansEngine(
            services.GetRequiredService<ClusterGate>(), ApplicationOf(services), services.GetRequiredService<TimeProvider>()));
        return builder.UseRemoteEngine(services => services.GetRequiredService<OrleansEngine>());

        static string ApplicationOf(IServiceProvider services) => services.GetRequiredService<LimiterSettings>().Application ?? "";
    }
}
