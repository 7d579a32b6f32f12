using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace OrleansLimiter.PeersAspNetCore;

/// <summary>
/// <c>AddRateLimiter</c>: a token bucket for each key. Its middleware decides before the endpoint has read the body, so the key comes by
/// header; the endpoint reads the same JSON as the other contenders do.
/// </summary>
internal static class FrameworkLimiter
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var limiter = PartitionedRateLimiter.Create<HttpContext, (BenchPolicy, string)>(PartitionOf);
        builder.Services.AddRateLimiter(options => Configure(options, limiter));
        var app = builder.Build();
        app.UseRateLimiter();
        app.MapPost("/limit/incr", context => AnswerAsync(context, limiter));
        return app;
    }

    private static BenchPolicy PolicyOf(HttpContext context) => BenchPolicy.Of(context.Request.Headers["X-Policy"]);

    private static RateLimitPartition<(BenchPolicy, string)> PartitionOf(HttpContext context) =>
        RateLimitPartition.GetTokenBucketLimiter((PolicyOf(context), context.Request.Headers["X-Key"].ToString()), OptionsOf);

    private static TokenBucketRateLimiterOptions OptionsOf((BenchPolicy Policy, string Key) partition) => new()
    {
        TokenLimit = partition.Policy.Capacity,
        TokensPerPeriod = partition.Policy.PermitsPerPeriod,
        ReplenishmentPeriod = partition.Policy.Period,
    };

    private static void Configure(RateLimiterOptions options, PartitionedRateLimiter<HttpContext> limiter)
    {
        options.GlobalLimiter = limiter;
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = static async (rejected, cancellationToken) =>
        {
            var context = rejected.HttpContext;
            var policy = PolicyOf(context);
            if (rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait))
                context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await context.Response.WriteAsJsonAsync(
                new LimitAnswer(false, 0, policy.Capacity, policy.Name), MessageJson.Default.LimitAnswer,
                cancellationToken: cancellationToken);
        };
    }

    private static async Task AnswerAsync(HttpContext context, PartitionedRateLimiter<HttpContext> limiter)
    {
        var call = await context.Request.ReadFromJsonAsync(MessageJson.Default.LimitCall, context.RequestAborted);
        var policy = BenchPolicy.Of(call?.Policy);
        var remaining = limiter.GetStatistics(context)?.CurrentAvailablePermits ?? 0;
        await context.Response.WriteAsJsonAsync(
            new LimitAnswer(true, remaining, policy.Capacity, policy.Name), MessageJson.Default.LimitAnswer,
            cancellationToken: context.RequestAborted);
    }
}
