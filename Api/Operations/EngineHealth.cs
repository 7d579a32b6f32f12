using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Operations;

/// <summary>Readiness of the service. Without its engine, or with a Redis that may throw limits away or does not do what it is asked, it is degraded, and ready all the same: requests are answered.</summary>
internal static class EngineHealth
{
    /// <summary>Maps the health routes.</summary>
    public static IEndpointConventionBuilder MapEngineHealth(this IEndpointRouteBuilder routes)
    {
        var service = routes.ServiceProvider.GetRequiredService<LimitService>();
        var remote = routes.ServiceProvider.GetService<ResilientEngine>();
        var redis = routes.ServiceProvider.GetService<RedisEngine>();
        var ready = new HealthAnswer("ready", service.Source);
        return routes.MapHealth(async () =>
        {
            if (remote is not null && !await remote.IsAnsweringAsync())
                return new HealthAnswer("degraded", LimitService.LocalSource, redis?.Connection.Problem);
            return redis?.Connection is { } connection && (connection.Problem ?? connection.Risk) is { } reason ? new HealthAnswer("degraded", service.Source, reason) : ready;
        });
    }
}
