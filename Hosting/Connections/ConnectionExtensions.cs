using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>Bounds what clients may hold.</summary>
internal static class ConnectionExtensions
{
    /// <summary>Has the server's listeners hand on no more connections than the settings allow.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="settings">How many.</param>
    /// <param name="operations">The operators' own endpoint; null: they have none.</param>
    public static IServiceCollection AddBoundedConnections(
        this IServiceCollection services, ConnectionSettings settings, EndPoint? operations)
    {
        services.AddSingleton<SocketTransportFactory>();

        // Behind the server's own: of several factories that can, the last makes the listeners.
        services.AddSingleton<IConnectionListenerFactory>(provider => new BoundedListenerFactory(
            provider.GetRequiredService<SocketTransportFactory>(),
            settings,
            operations,
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ConnectionPlaces>>()));
        return services;
    }

    /// <summary>Ends connections that say nothing, and requests that come too slowly.</summary>
    public static void Bound(this KestrelServerLimits limits, ConnectionSettings settings)
    {
        limits.KeepAliveTimeout = settings.Idle;
        limits.RequestHeadersTimeout = settings.Header;
        limits.MinRequestBodyDataRate = new MinDataRate(settings.MinBodyBytesPerSecond, ConnectionSettings.BodyGrace);
        limits.MinResponseDataRate = new MinDataRate(settings.MinBodyBytesPerSecond, ConnectionSettings.BodyGrace);
    }
}
