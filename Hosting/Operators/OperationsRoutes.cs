using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Hosting.Operators;

/// <summary>Which routes are served to operators alone, on their own listener.</summary>
internal static class OperationsRoutes
{
    private static readonly RequestError NotHere = new(StatusCodes.Status404NotFound, null, "There is nothing here.");

    /// <summary>
    /// Serves routes on the operations' listener only, where there is one: elsewhere they are not found. The connection itself knows
    /// where it came in; the Host header, which the client writes, has no say.
    /// </summary>
    public static TBuilder OnOperationsPort<TBuilder>(this TBuilder routes, IPEndPoint? operations)
        where TBuilder : IEndpointConventionBuilder
    {
        if (operations is null)
            return routes;
        routes.Finally(endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.Metadata.Add(OperationsConnection.Instance);
            endpoint.RequestDelegate = context => IsOperations(context) ? next(context) : Replies.WriteError(context, NotHere);
        });
        return routes;
    }

    /// <summary>Whether a route is found by a request that came in where this one did.</summary>
    public static bool IsServedHere(HttpContext context, EndpointMetadataCollection route) =>
        route.GetMetadata<OperationsConnection>() is null || IsOperations(context);

    private static bool IsOperations(HttpContext context) => context.Features.Get<OperationsConnection>() is not null;

    /// <summary>Marks the connections of the operations' listener.</summary>
    public static void Mark(ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(OperationsConnection.Instance);
        return next(connection);
    });

    /// <summary>The mark of a connection that came in on the operations' listener, and of a route that is served to such alone.</summary>
    private sealed class OperationsConnection
    {
        public static OperationsConnection Instance { get; } = new();
    }
}
