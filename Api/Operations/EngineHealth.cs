using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Hosting.Health;
using OrleansLimiter.Resilience;
using OrleansLimiter.Service;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Api.Operations;

/// <summary>Readiness of the service. Without its engine, or with a Redis that may throw limits away or does not do what it is asked, or without its database, it is degraded, and ready all the same: requests are answered.</summary>
internal static class EngineHealth
{
    private const string DatabaseAway = "the database does not answer: limits are served, accounts, sales and the queue are not";

    /// <summary>Maps the health routes.</summary>
    public static IEndpointConventionBuilder MapEngineHealth(this IEndpointRouteBuilder routes)
    {
        var service = routes.ServiceProvider.GetRequiredService<LimitService>();
        var remote = routes.ServiceProvider.GetService<ResilientEngine>();
        var redis = routes.ServiceProvider.GetService<RedisEngine>();
        var database = routes.ServiceProvider.GetRequiredService<ServiceDbFactory>().Watch;
        var ready = new HealthAnswer("ready", service.Source);
        return routes.MapHealth(async () =>
        {
            var isAnswering = remote is null || await remote.IsAnsweringAsync();
            var risk = isAnswering ? redis?.Connection.Problem ?? redis?.Connection.Risk : redis?.Connection.Problem;
            var isAway = database is { IsAway: true };
            if (isAnswering && risk is null && !isAway)
                return ready;
            string?[] reasons = [risk, isAway ? DatabaseAway : null];
            return new HealthAnswer(
                "degraded", isAnswering ? service.Source : LimitService.LocalSource, string.Join("; ", reasons.OfType<string>()) is { Length: > 0 } reason ? reason : null);
        });
    }
}
