using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansLimiter.Api.Reading;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.Hosting.Connections;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Api.Operations;

/// <summary>Where the service listens, and which routes are served where.</summary>
internal static class OperationsListener
{
    private static readonly RequestError WrongHost = new(
        StatusCodes.Status400BadRequest, "Host", "Host names another machine than this service is asked as: see AllowedHosts, in Development localhost, 127.0.0.1 and [::1].");

    private static readonly RequestError NotHere = new(StatusCodes.Status404NotFound, null, "There is nothing here.");

    /// <summary>
    /// Listens on <c>PORT</c>, in Development on this machine's own addresses only, and on <c>OPERATIONS_PORT</c> where that is another one. Bodies are bounded by the server too, so that what is
    /// left of one that is too large is not read.
    /// </summary>
    public static void AddListeners(this WebApplicationBuilder builder, ServiceSettings settings)
    {
        builder.Services.AddBoundedConnections(settings.Connections, settings.Operations);
        builder.Services.AddSingleton<IStartupFilter, AnswerHeaders>();
        builder.Services.AddHostCheck(settings.Hosts, context => Replies.WriteError(context, WrongHost));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = JsonBody.MaxFramedBytes;
            kestrel.Limits.Bound(settings.Connections);
            if (!settings.IsLocalOnly)
                kestrel.ListenAnyIP(settings.Port);
            else if (settings.Port == 0)
                kestrel.Listen(IPAddress.Loopback, 0); // "localhost" is two addresses, which cannot both have the same free port
            else
                kestrel.ListenLocalhost(settings.Port);
            if (settings.Operations is { } operations)
                kestrel.Listen(operations, Mark);
        });
    }

    /// <summary>
    /// Serves routes on the operations' listener only, where there is one: elsewhere they are not found. The connection itself knows
    /// where it came in; the Host header, which the client writes, has no say.
    /// </summary>
    public static TBuilder OnOperationsPort<TBuilder>(this TBuilder routes, ServiceSettings settings)
        where TBuilder : IEndpointConventionBuilder
    {
        if (settings.Operations is null)
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

    private static void Mark(ListenOptions listener) => listener.Use(next => connection =>
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
