using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Which limits of a hub's endpoint a request is under. A connection is begun by one request, the negotiation or, where a client leaves
/// that out, the WebSocket's; all others name the connection that they belong to, and are not charged again. Immutable.
/// </summary>
/// <param name="places">The hub's limits of places, which the one request that a connection is holds for it. Null for none.</param>
internal sealed class HubConnections(EndpointLimits? places)
{
    /// <summary>Whether a request begins a connection: the framework makes one for a request that names none.</summary>
    public static bool Begins(HttpRequest request) => StringValues.IsNullOrEmpty(request.Query["id"]);

    /// <summary>What a request is under that names a connection; null for nothing: it carries a message, or ends the connection.</summary>
    public EndpointLimits? OfConnection(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) || HttpMethods.IsDelete(request.Method) ? null : places;
}
