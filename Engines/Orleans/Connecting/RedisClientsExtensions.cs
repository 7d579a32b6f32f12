using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Clustering.Redis;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>Has a host's parts of Orleans ask Redis by clients that leave a demoted server.</summary>
internal static class RedisClientsExtensions
{
    /// <summary>Adds the clients, and has the list of silos be asked by one. Before Orleans, whose start needs the list.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="time">The clock of the looks.</param>
    /// <param name="standing">Told what is known of the server; null: nobody wants to know.</param>
    public static void AddRedisClients(this IServiceCollection services, TimeProvider time, RedisHealth? standing = null)
    {
        var told = standing ?? new RedisHealth();
        services.AddSingleton(provider => new RedisClients(time, told, provider.GetRequiredService<ILogger<RedisClients>>()));
        services.AddHostedService(provider => provider.GetRequiredService<RedisClients>());
        services.AddOptions<RedisClusteringOptions>().Configure<RedisClients>((options, clients) =>
            options.CreateMultiplexer = async chosen => (await clients.ConnectAsync(chosen.ConfigurationOptions!), IsShared: false));
    }
}
