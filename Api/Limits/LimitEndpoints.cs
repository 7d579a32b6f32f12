using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Api.Limits;

/// <summary>The routes of the limit service.</summary>
internal static class LimitEndpoints
{
    /// <summary>Adds what the routes need.</summary>
    public static IServiceCollection AddLimitEndpoints(this IServiceCollection services)
    {
        services.TryAddSingleton<CallRules>();
        services.TryAddSingleton<TenantKey>();
        services.TryAddSingleton<LimitCalls>();
        services.TryAddSingleton(_ => new BatchTurns(atOnce: Environment.ProcessorCount, mostWaiting: 1_000));
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
        limit.MapRead("/check", calls.CheckAsync);
        limit.MapPost("/incr", calls.IncrAsync);
        limit.MapPost("/refund", calls.RefundAsync);
        limit.MapPost("/release", calls.ReleaseAsync);
        limit.MapPost("/batch", routes.ServiceProvider.GetRequiredService<BatchCalls>().BatchAsync);

        // Two parts, so that one path segment alone is no key: else every wrong method would be told that DELETE is allowed. The key is
        // read from the target as sent; one that begins with a slash is sent as %2F.
        var forget = routes.ServiceProvider.GetRequiredService<ForgetCall>();
        limit.MapDelete("/{policy}/{key}/{**more}", forget.ForgetAsync);

        // For keys that no path can hold: clients and servers resolve dot segments, escaped ones too.
        routes.MapDelete("/limit", forget.ForgetNamedAsync).ShortCircuit();
    }
}
