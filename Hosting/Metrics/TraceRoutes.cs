using System.Diagnostics;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>Names traces after the route that was taken, which holds no key. In the pipeline only where traces are sent.</summary>
internal sealed class TraceRoutes : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, continued) =>
        {
            await continued(context);
            if (Activity.Current is { } activity && context.GetEndpoint() is RouteEndpoint route)
            {
                var pattern = $"/{route.RoutePattern.RawText?.TrimStart('/')}";
                activity.DisplayName = $"{context.Request.Method} {pattern}";
                activity.SetTag("http.route", pattern);
            }
        });
        next(app);
    };
}
