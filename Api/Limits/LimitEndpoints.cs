using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansLimiter.Api.Limits;

/// <summary>The routes of the limit service.</summary>
internal static class LimitEndpoints
{
    /// <summary>Adds what the routes need.</summary>
    public static IServiceCollection AddLimitEndpoints(this IServiceCollection services)
    {
        services.TryAddSingleton<CallRules>();
        services.TryAddSingleton<LimitCalls>();
        services.TryAddSingleton<BatchCalls>();
        services.TryAddSingleton<ForgetCall>();
        return services;
    }

    /// <summary>Maps the routes. They answer for themselves, so no middleware behind routing is run for them.</summary>
    public static void MapLimits(this IEndpointRouteBuilder routes)
    {
        var calls = routes.ServiceProvider.GetRequiredService<LimitCalls>();
        var limit = routes.MapGroup("/limit");
        limit.ShortCircuit();
        limit.MapGet("/check", calls.CheckAsync);
        limit.MapPost("/incr", calls.IncrAsync);
        limit.MapPost("/refund", calls.RefundAsync);
        limit.MapPost("/release", calls.ReleaseAsync);
        limit.MapPost("/batch", routes.ServiceProvider.GetRequiredService<BatchCalls>().BatchAsync);
        limit.MapDelete("/{policy}/{**key}", routes.ServiceProvider.GetRequiredService<ForgetCall>().ForgetAsync);
    }
}
