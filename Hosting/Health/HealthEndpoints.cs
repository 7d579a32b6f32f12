using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Hosting.Health;

/// <summary>
/// The health routes. Liveness looks at nothing but the process; readiness asks every check there is, and is 503 from the moment the host
/// begins to stop.
/// </summary>
internal static partial class HealthEndpoints
{
    /// <summary>Adds health checks, and the one that says that the host stops.</summary>
    public static IHealthChecksBuilder AddHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<StoppingCheck>(StoppingCheck.Name);

    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    /// <param name="routes">Where to.</param>
    /// <returns>Both routes.</returns>
    public static IEndpointConventionBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        var stopping = routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var logger = routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("OrleansLimiter.Health");
        var health = routes.MapGroup("/health").WithTags("operations");
        health.MapHealthChecks("/live", Answered(_ => false, _ => HealthAnswer.Live)).WithHead()
            .Describe("Whether the process runs.").ProducesJson<HealthAnswer>();
        health.MapHealthChecks("/ready", Answered(IsAsked, report => Ready(report, logger))).WithHead()
            .Describe("Whether requests are served, and by which engine.").ProducesJson<HealthAnswer>().ProducesJson<HealthAnswer>(503);
        return health;

        bool IsAsked(HealthCheckRegistration check) => check.Name == StoppingCheck.Name || !stopping.IsCancellationRequested;
    }

    private static HealthCheckOptions Answered(Func<HealthCheckRegistration, bool> asked, Func<HealthReport, HealthAnswer> answer) => new()
    {
        Predicate = asked,
        AllowCachingResponses = true, // says the same as every other answer, and not in the framework's three headers
        ResponseWriter = (context, report) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            var body = answer(report);
            return context.Response.WriteAsJsonAsync(body, HealthJson.Default.HealthAnswer, cancellationToken: context.RequestAborted);
        },
    };

    private static HealthAnswer Ready(HealthReport report, ILogger logger)
    {
        foreach (var (name, entry) in report.Entries.Where(entry => entry.Value.Exception is not null))
            LogFailed(logger, name, entry.Exception!);
        return HealthAnswer.Of(report);
    }

    [LoggerMessage(EventId = 1, EventName = "HealthCheckFailed", Level = LogLevel.Warning, Message = "The health check '{Name}' failed")]
    private static partial void LogFailed(ILogger logger, string name, Exception failure);
}

/// <summary>How health answers are serialised.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
