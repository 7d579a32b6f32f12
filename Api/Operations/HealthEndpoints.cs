using System.Text.Json.Serialization;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Operations;

/// <summary>The health routes. Liveness looks at nothing but the process; readiness says which engine answers.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    public static IEndpointConventionBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        var stopping = routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var service = routes.ServiceProvider.GetRequiredService<LimitService>();
        var health = routes.MapGroup("/health");
        health.MapGet("/live", context => WriteAsync(context, StatusCodes.Status200OK, new Health("live", null)));
        health.MapGet("/ready", context => stopping.IsCancellationRequested
            ? WriteAsync(context, StatusCodes.Status503ServiceUnavailable, new Health("stopping", service.Source))
            : WriteAsync(context, StatusCodes.Status200OK, new Health("ready", service.Source)));
        return health;
    }

    private static Task WriteAsync(HttpContext context, int status, Health health)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(health, HealthJson.Default.Health, cancellationToken: context.RequestAborted);
    }
}

/// <summary>A health answer.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c> or <c>stopping</c>.</param>
/// <param name="Engine">Who decides; left out by liveness.</param>
internal sealed record Health(string Status, string? Engine);

/// <summary>How health answers are serialised.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Health))]
internal sealed partial class HealthJson : JsonSerializerContext;
