using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Operations;

/// <summary>Readiness of the service. Without its engine it is degraded, and ready all the same: the local budget is there to be used.</summary>
internal static class EngineHealth
{
    /// <summary>Maps the health routes.</summary>
    public static IEndpointConventionBuilder MapEngineHealth(this IEndpointRouteBuilder routes)
    {
        var service = routes.ServiceProvider.GetRequiredService<LimitService>();
        var remote = routes.ServiceProvider.GetService<ResilientEngine>();
        var ready = new HealthAnswer("ready", service.Source);
        var degraded = new HealthAnswer("degraded", LimitService.LocalSource);
        return routes.MapHealth(async () => remote is null || await remote.IsAnsweringAsync() ? ready : degraded);
    }
}
