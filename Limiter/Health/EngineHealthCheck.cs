using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansLimiter.Resilience;
using OrleansLimiter.Service;

namespace OrleansLimiter.Health;

/// <summary>
/// Asks the engine about a key that nobody counts on. Its data: <c>engine</c>, who decides now, and <c>reason</c>, what is known to be
/// wrong.
/// </summary>
internal sealed class EngineHealthCheck(LimitService service, ResilientEngine? remote) : IHealthCheck
{
    /// <summary>The name of the datum that says who decides now.</summary>
    public const string Engine = "engine";

    /// <summary>The name of the datum that says what is wrong; left out where that is not known.</summary>
    public const string Reason = "reason";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var isAnswering = remote is null || await remote.IsAnsweringAsync().ConfigureAwait(false);
        var known = remote?.Health;
        var reason = known?.Problem ?? (isAnswering ? known?.Risk : null);
        var data = new Dictionary<string, object> { [Engine] = isAnswering ? service.Source : LimitService.LocalSource };
        if (reason is not null)
            data[Reason] = reason;
        if (!isAnswering)
        {
            var away = $"The engine {service.Source} does not answer: by default this process's own share of each limit decides";
            var description = reason is null ? $"{away}." : $"{away} ({reason}).";
            return new HealthCheckResult(context.Registration.FailureStatus, description, data: data);
        }

        return reason is null
            ? HealthCheckResult.Healthy($"The engine {service.Source} answers.", data)
            : HealthCheckResult.Degraded(reason, data: data);
    }
}
