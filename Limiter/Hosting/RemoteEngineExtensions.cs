using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.Hosting;

/// <summary>Has a remote engine decide.</summary>
public static class RemoteEngineExtensions
{
    /// <summary>
    /// Has a remote engine decide in place of the embedded one: within <c>Limiter:Deadline</c>, behind circuit breakers, with this
    /// process's own share of each limit where it does not answer. To be called once, before or after <c>AddOrleansLimiter</c>.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="create">Makes the engine; called once. It must not wait for a connection.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static IHostApplicationBuilder UseRemoteEngine(this IHostApplicationBuilder builder, Func<IServiceProvider, ILimitEngine> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(create);
        builder.Services.AddSingleton(services => Build(services, create(services)));
        builder.Services.AddSingleton<ILimitEngine>(services => services.GetRequiredService<ResilientEngine>());
        return builder;
    }

    private static ResilientEngine Build(IServiceProvider services, ILimitEngine remote)
    {
        var settings = services.GetRequiredService<LimiterSettings>();
        var time = services.GetRequiredService<TimeProvider>();
        return ResilientEngine.Build(
            remote, EmbeddedEngine.Create(services), settings, time, services.GetRequiredService<IMeterFactory>(),
                services.GetRequiredService<ILogger<ResilientEngine>>());
    }
}
