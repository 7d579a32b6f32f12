using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansLimiter.Shop.Data;

/// <summary>Degraded while the database does not answer those who ask it: nobody is asked for the check's sake.</summary>
internal sealed class DatabaseCheck(ServiceDbFactory databases) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(databases.Watch is { IsAway: true }
            ? HealthCheckResult.Degraded("the database does not answer: limits are served, accounts, sales and the queue are not")
            : HealthCheckResult.Healthy());
}
