using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Settles the client's address before anything else looks at it, and builds every endpoint before the server listens, so that a limit
/// that cannot work ends the start and not a request. It asks for nothing before the host has validated the options.
/// </summary>
internal sealed class LimiterStartupFilter : IStartupFilter
{
    /// <inheritdoc />
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        var services = app.ApplicationServices;
        if (!services.GetRequiredService<HttpSettings>().TrustedProxies.IsEmpty)
        {
            var address = services.GetRequiredService<ForwardedAddress>();
            app.Use(next => context =>
            {
                address.Settle(context);
                return next(context);
            });
        }

        next(app);
        var (gates, attributed) = (services.GetRequiredService<LimitGates>(), services.GetRequiredService<AttributedLimits>());
        foreach (var endpoint in services.GetService<EndpointDataSource>()?.Endpoints ?? [])
            gates.Check(attributed.GatedOf(endpoint));
    };
}
