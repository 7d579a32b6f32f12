using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansLimiter.Hosting.Health;

/// <summary>Is unhealthy from the moment the host begins to stop. No other check is asked then.</summary>
internal sealed class StoppingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public const string Name = "stopping";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            lifetime.ApplicationStopping.IsCancellationRequested ? HealthAnswer.Stopping.AsUnhealthy() : HealthCheckResult.Healthy());
}
