using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Hosting.Health;

namespace OrleansLimiter.Silo;

/// <summary>Unhealthy until the silo is in the cluster, degraded where its Redis may lose what it is told.</summary>
internal sealed class ClusterCheck(ClusterGate gate, RedisHealth redis) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var result = gate.Grains is null ? HealthAnswer.Joining.AsUnhealthy()
            : redis.Risk is { } risk ? HealthCheckResult.Degraded(risk)
            : HealthCheckResult.Healthy();
        return Task.FromResult(result);
    }
}
