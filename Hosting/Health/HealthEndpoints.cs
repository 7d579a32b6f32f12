using System.Text.Json.Serialization;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Hosting.Health;

/// <summary>The health routes. Liveness looks at nothing but the process; readiness says who answers, and is 503 from the moment the host begins to stop.</summary>
internal static class HealthEndpoints
{
    /// <summary>Maps <c>/health/live</c> and <c>/health/ready</c>.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="ready">What readiness says while the host runs.</param>
    /// <returns>Both routes.</returns>
    public static IEndpointConventionBuilder MapHealth(this IEndpointRouteBuilder routes, Func<ValueTask<HealthAnswer>> ready)
    {
        var stopping = routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var health = routes.MapGroup("/health").WithTags("operations");
        health.MapRead("/live", context => WriteAsync(context, HealthAnswer.Live))
            .Describe("Whether the process runs.").ProducesJson<HealthAnswer>();
        health.MapRead("/ready", async context => await WriteAsync(context, stopping.IsCancellationRequested ? HealthAnswer.Stopping : await ready()))
            .Describe("Whether requests are served, and by which engine.").ProducesJson<HealthAnswer>().ProducesJson<HealthAnswer>(StatusCodes.Status503ServiceUnavailable);
        return health;
    }

    private static Task WriteAsync(HttpContext context, HealthAnswer answer)
    {
        context.Response.StatusCode = answer.IsGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(answer, HealthJson.Default.HealthAnswer, cancellationToken: context.RequestAborted);
    }
}

/// <summary>How health answers are serialised.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
