using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansLimiter.Health;
using OrleansLimiter.Resilience;
using OrleansLimiter.Service;

namespace OrleansLimiter;

/// <summary>The limiter among an app's health checks.</summary>
public static class LimiterHealthExtensions
{
    /// <summary>
    /// Adds a check of the limiter's engine: <see cref="HealthStatus.Healthy"/> where the one that was chosen answers, as the embedded
    /// one always does, <paramref name="failureStatus"/> where it does not, and <see cref="HealthStatus.Degraded"/> where it answers but
    /// may lose limits, or refuses some of what it is asked. The description says what is wrong, and holds no secret; the data say who
    /// decides now (<c>engine</c>: <c>memory</c>, <c>redis</c>, <c>cluster</c> or <c>local</c>) and, where it is known, why
    /// (<c>reason</c>). A check takes <c>Limiter:Deadline</c> at most. Beside <c>AddOrleansLimiter</c> of the application.
    /// </summary>
    /// <param name="builder">The app's checks.</param>
    /// <param name="name">The check's name. Default: <c>orleans-limiter</c>.</param>
    /// <param name="failureStatus">
    /// What is said of an engine that does not answer. Default (null): <see cref="HealthStatus.Degraded"/>, since limits are decided all
    /// the same.
    /// </param>
    /// <param name="tags">By which checks are chosen. Default (null): none.</param>
    /// <returns><paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static IHealthChecksBuilder AddOrleansLimiter(
        this IHealthChecksBuilder builder,
        string name = "orleans-limiter",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new EngineHealthCheck(services.GetRequiredService<LimitService>(), services.GetService<ResilientEngine>()),
            failureStatus ?? HealthStatus.Degraded,
            tags));
    }
}
