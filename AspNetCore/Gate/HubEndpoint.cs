using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>One of the two endpoints that a SignalR hub has: where a connection is negotiated, and where it is.</summary>
/// <param name="Hub">The hub.</param>
/// <param name="IsNegotiation">Whether it is the first of them.</param>
/// <param name="AllowsLongPolling">Whether connections may be made of many requests; of the second endpoint not known.</param>
internal sealed record HubEndpoint(Type Hub, bool IsNegotiation, bool AllowsLongPolling)
{
    /// <summary>What an endpoint is of a hub; null for nothing.</summary>
    public static HubEndpoint? Of(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<HubMetadata>() is not { } hub)
            return null;
        var isNegotiation = endpoint.Metadata.GetMetadata<NegotiateMetadata>() is not null;
        var transports = endpoint.Metadata.GetMetadata<HttpConnectionDispatcherOptions>()?.Transports;
        return new HubEndpoint(hub.HubType, isNegotiation, isNegotiation && transports?.HasFlag(HttpTransportType.LongPolling) != false);
    }

    /// <summary>Why a limit cannot work there; null if it can.</summary>
    public InvalidValue? ErrorIn(LimitStage stage, string name) => stage.HoldsPlaces && AllowsLongPolling
        ? new InvalidValue(
            name,
            "a limit of places (concurrency) on a hub that allows long polling",
            "must be on one whose connections are one request each, which then holds the place: MapHub<T>(path, options => "
                + "options.Transports = HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents)")
        : null;
}
