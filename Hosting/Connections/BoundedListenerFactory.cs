using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>
/// Makes the server's listeners: all of them share <c>Connections:MaxConnections</c> places, but for the operators' one, which has a few of
/// its own, so that a flood cannot hide health and metrics.
/// </summary>
internal sealed class BoundedListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>The gauge of open connections, in <c>{connection}</c>; tag <c>listener</c>: <c>public</c> or <c>operations</c>.</summary>
    public const string OpenName = "orleanslimiter.http.connections";

    /// <summary>The counter of connections that were refused, in <c>{connection}</c>; the same tag.</summary>
    public const string RefusedName = "orleanslimiter.http.connections.refused";

    /// <summary>The most connections to the operators' listener at a time.</summary>
    public const int MaxOperations = 64;

    private readonly SocketTransportFactory _sockets;
    private readonly EndPoint? _operations;
    private readonly ConnectionPlaces _public;
    private readonly ConnectionPlaces _operators;
    private readonly ConnectionRefusal _refusal;

    /// <summary>Creates it.</summary>
    /// <param name="sockets">Makes the listeners that are bounded.</param>
    /// <param name="settings">How many connections.</param>
    /// <param name="operations">The operators' own endpoint, the very object that the server is told to listen on; null: they have
    /// none.</param>
    /// <param name="meters">Makes the instruments.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where refusals are told.</param>
    public BoundedListenerFactory(SocketTransportFactory sockets, ConnectionSettings settings, EndPoint? operations, IMeterFactory meters,
        TimeProvider time, ILogger<ConnectionPlaces> logger)
    {
        (_sockets, _operations) = (sockets, operations);
        _public = new ConnectionPlaces(settings.Max, "public", time, logger);
        _operators = new ConnectionPlaces(MaxOperations, "operations", time, logger);
        _refusal = new ConnectionRefusal(time);
        ConnectionPlaces[] all = operations is null ? [_public] : [_public, _operators];
        var meter = meters.Create(LimiterMetrics.MeterName);
        meter.CreateObservableGauge(OpenName, () => all.Select(places => new Measurement<int>(places.Open, TagOf(places))), "{connection}",
            "Connections that are open.");
        meter.CreateObservableCounter(RefusedName, () => all.Select(places => new Measurement<long>(places.Refused, TagOf(places))),
            "{connection}", "Connections that were refused because too many were open.");
    }

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var places = ReferenceEquals(endpoint, _operations) ? _operators : _public;
        return new BoundedListener(await _sockets.BindAsync(endpoint, cancellationToken), places, _refusal);
    }

    private static KeyValuePair<string, object?> TagOf(ConnectionPlaces places) => new("listener", places.Listener);
}
