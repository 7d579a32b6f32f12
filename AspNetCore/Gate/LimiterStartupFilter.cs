using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore.Addresses;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Settles the client's address before anything else looks at it, and builds every endpoint before the server listens, so that a limit
/// that cannot work ends the start and not a request. It asks for nothing before the host has validated the options.
/// </summary>
internal sealed class LimiterStartupFilter : IStartupFilter
{
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

        var gates = services.GetRequiredService<LimitGates>();
        var (attributed, hubs) = (services.GetRequiredService<AttributedLimits>(), services.GetRequiredService<HubMethodLimits>());

        // A web application's own calls were made before it was started; what they put into the pipeline is built by the next line.
        gates.ClosePipeline(isOfWebApplication: true);
        next(app);
        gates.ClosePipeline(isOfWebApplication: false);
        var pages = new PageLimits(services.GetService<PageLoader>());
        var endpoints = (services.GetService<EndpointDataSource>()?.Endpoints ?? []).Select(pages.RunFor).ToList();
        foreach (var endpoint in endpoints)
        {
            if (AttributedLimits.MisplacedOn(endpoint) is { } misplaced)
                throw new LimiterConfigurationException([misplaced]);
            gates.Check(attributed.GatedOf(endpoint));
            hubs.Check(endpoint);
        }

        gates.CheckGlobal(endpoints);
    };
}
