using System.Net;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Hosting.Connections;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;

namespace OrleansLimiter.Api.Operations;

internal static class OperationsListener
{
    private static readonly RequestError WrongHost = new(
        StatusCodes.Status400BadRequest, "Host",
            "Host names another machine than this service is asked as: see AllowedHosts, in Development localhost, 127.0.0.1 and [::1].");

    /// <summary>
    /// Listens on <c>PORT</c>, in Development on this machine's own addresses only, and on <c>OPERATIONS_PORT</c> where that is another
    /// one. Bodies are bounded by the server too, so that what is left of one that is too large is not read.
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
                kestrel.Listen(operations, OperationsRoutes.Mark);
        });
    }
}
