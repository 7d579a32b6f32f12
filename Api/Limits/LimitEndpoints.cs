using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;

namespace OrleansLimiter.Api.Limits;

/// <summary>The routes of the limit service.</summary>
internal static class LimitEndpoints
{
    private const string Tag = "limits";

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
        limit.WithTags(Tag).WithMetadata(new DescribedRateLimit());
        limit.MapRead("/check", calls.CheckAsync).Describe("Says what a charge would be answered, and charges nothing.")
            .TakesQuery<string>("key", isRequired: true).TakesQuery<string>("policy").TakesQuery<long>("cost")
            .TakesQuery<string>("tenant", description: "For operators: whose key; ~app for the service's own.")
            .TakesKey(ApiKey.Header).TakesKey(OperatorKey.Header)
            .ProducesJson<LimitAnswerBody>().ProducesProblems(401, 403, 404, 503);
        limit.MapPost("/incr", calls.IncrAsync).Describe("Charges a key, or refuses.")
            .TakesKey(ApiKey.Header).AcceptsJson<LimitCallBody>()
            .ProducesJson<LimitAnswerBody>().ProducesJson<LimitAnswerBody>(429).ProducesProblems(401, 403, 404, 503);
        limit.MapPost("/refund", calls.RefundAsync)
            .Describe("Gives permits back. Not for callers without an API key, leakyBucket and concurrency.")
            .TakesKey(ApiKey.Header).AcceptsJson<LimitCallBody>()
            .ProducesJson<LimitAnswerBody>().ProducesProblems(401, 403, 404, 503);
        limit.MapPost("/release", calls.ReleaseAsync).Describe("Frees a place of a concurrency limit.")
            .TakesKey(ApiKey.Header).AcceptsJson<LimitReleaseBody>()
            .ProducesJson<LimitAnswerBody>().ProducesProblems(401, 403, 404, 503);
        limit.MapPost("/batch", routes.ServiceProvider.GetRequiredService<BatchCalls>().BatchAsync)
            .Describe("Charges 1 to 100 keys. Any invalid item: 400, and nothing is charged.")
            .TakesKey(ApiKey.Header).AcceptsJson<LimitBatchBody>()
            .ProducesJson<LimitBatchAnswerBody>().ProducesProblems(401, 403);

        // Two parts, so that one path segment alone is no key: else every wrong method would be told that DELETE is allowed. The key is
        // read from the target as sent; one that begins with a slash is sent as %2F.
        var forget = routes.ServiceProvider.GetRequiredService<ForgetCall>();
        DescribeForget(limit.MapDelete("/{policy}/{key}/{**more}", forget.ForgetAsync), "Forgets a key. For operators.");

        // For keys that no path can hold: clients and servers resolve dot segments, escaped ones too.
        var named = routes.MapDelete("/limit", forget.ForgetNamedAsync);
        named.WithTags(Tag).TakesQuery<string>("policy", isRequired: true).TakesQuery<string>("key", isRequired: true).ShortCircuit();
        DescribeForget(named, "Forgets a key that no path can hold, such as one with a dot segment. For operators.");
    }

    private static void DescribeForget(IEndpointConventionBuilder route, string summary) =>
        route.Describe(summary).TakesQuery<string>("tenant", isRequired: true).WithMetadata(new OperatorKey.Required())
            .ProducesNothing(204).ProducesProblems(401, 404, 429, 503);
}
