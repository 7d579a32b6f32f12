// The peers of bench/Peers that are ASP.NET Core apps: POST /limit/incr on PORT, with the limiter that LIMITER names.
using OrleansLimiter.PeersAspNetCore;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false); // as the service
builder.WebHost.UseUrls($"http://127.0.0.1:{Environment.GetEnvironmentVariable("PORT")}");
var limiter = Environment.GetEnvironmentVariable("LIMITER");
await using var app = limiter switch
{
    "framework" => FrameworkLimiter.Build(builder),
    "redis-rate-limiting" => await RedisRateLimitingLimiter.BuildAsync(builder),
    _ => throw new InvalidOperationException($"LIMITER is '{limiter}': it must be framework or redis-rate-limiting."),
};
await app.RunAsync();
