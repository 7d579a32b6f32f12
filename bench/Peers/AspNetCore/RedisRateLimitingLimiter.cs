using System.Threading.RateLimiting;
using RedisRateLimiting;
using StackExchange.Redis;

namespace OrleansLimiter.PeersAspNetCore;

/// <summary>
/// RedisRateLimiting's token bucket for each key, asked by the endpoint itself: behind <c>AddRateLimiter</c> nobody learns how many permits
/// remain, and the middleware would only add to its cost.
/// </summary>
internal static class RedisRateLimitingLimiter
{
    public static async Task<WebApplication> BuildAsync(WebApplicationBuilder builder)
    {
        var redis = await ConnectionMultiplexer.ConnectAsync(
            Environment.GetEnvironmentVariable("REDIS") ?? throw new InvalidOperationException("REDIS names no server."));
        builder.Services.AddSingleton<IConnectionMultiplexer>(redis);
        var limiter = PartitionedRateLimiter.Create<LimitCall, string>(call => PartitionOf(call, redis));
        var app = builder.Build();
        app.MapPost("/limit/incr", context => AnswerAsync(context, limiter));
        return app;
    }

    /// <summary>The partition's key becomes a part of the names in Redis.</summary>
    private static RateLimitPartition<string> PartitionOf(LimitCall call, IConnectionMultiplexer redis)
    {
        var policy = BenchPolicy.Of(call.Policy);
        return RedisRateLimitPartition.GetTokenBucketRateLimiter($"{policy.Name}:{call.Key}", _ => OptionsOf(policy, redis));
    }

    private static RedisTokenBucketRateLimiterOptions OptionsOf(BenchPolicy policy, IConnectionMultiplexer redis) => new()
    {
        ConnectionMultiplexerFactory = () => redis,
        TokenLimit = policy.Capacity,
        TokensPerPeriod = policy.PermitsPerPeriod,
        ReplenishmentPeriod = policy.Period,
    };

    private static async Task AnswerAsync(HttpContext context, PartitionedRateLimiter<LimitCall> limiter)
    {
        var call = await context.Request.ReadFromJsonAsync(MessageJson.Default.LimitCall, context.RequestAborted);
        if (call?.Key is not { Length: > 0 })
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var policy = BenchPolicy.Of(call.Policy);
        using var lease = await limiter.AcquireAsync(call, 1, context.RequestAborted);
        lease.TryGetMetadata(RateLimitMetadataName.Remaining, out var remaining);
        if (!lease.IsAcquired)
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        await context.Response.WriteAsJsonAsync(
            new LimitAnswer(lease.IsAcquired, remaining, policy.Capacity, policy.Name), MessageJson.Default.LimitAnswer,
            cancellationToken: context.RequestAborted);
    }
}
