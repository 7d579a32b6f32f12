using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>
/// What a program may bring along: policies of its own routes; in Development policies of every algorithm, callers without a key, and keys
/// that everybody knows.
/// </summary>
internal static class TestProgram
{
    public const string FreeKey = "dev-free-key";
    public const string ProKey = "dev-pro-key";
    public const string OperatorKey = "dev-operator-key";

    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static IServiceCollection AddTestProgram(this IServiceCollection services, bool isDevelopment)
    {
        services.AddSingleton<IBuiltInPolicies, RoutePolicies>();
        if (isDevelopment)
            services.AddSingleton<IBuiltInPolicies, DevelopmentPolicies>();
        return services.AddSingleton(new WellKnownKeys(
            isDevelopment,
            [(new Tenant("dev-free", Tenant.FreeTier), DigestOf(FreeKey)), (new Tenant("dev-pro", "pro"), DigestOf(ProKey))],
            [("dev-operator", DigestOf(OperatorKey))]));
    }

    private static KeyDigest DigestOf(string key)
    {
        Assert.True(KeyDigest.TryOf(key, out var digest));
        return digest;
    }

    private sealed class RoutePolicies : IBuiltInPolicies
    {
        public void AddTo(LimiterOptions options)
        {
            options.Policies["login-ip"] = Own(Algorithm.SlidingWindowCounter, 100, "ip");
            options.Policies["queue-user"] = Own(Algorithm.TokenBucket, 60, "user");
        }

        private static PolicyOptions Own(Algorithm algorithm, long limit, string key) => new()
        {
            Algorithm = algorithm,
            Limit = limit,
            Window = Minute,
            Key = key,
            Internal = true,
            ScaledByTier = false,
        };
    }

    private sealed class DevelopmentPolicies : IBuiltInPolicies
    {
        public void AddTo(LimiterOptions options)
        {
            options.PublicTenant.Enabled = true;
            options
                .AddPolicy("default", policy => policy.TokenBucket(10, Minute))
                .AddPolicy("burst-and-sustained", policy => policy.TokenBucket(10, TimeSpan.FromSeconds(1)).And(20, Minute))
                .AddPolicy("gcra", policy => policy.Gcra(10, TenSeconds).Burst(10))
                .AddPolicy("fixed-window", policy => policy.FixedWindow(10, TenSeconds))
                .AddPolicy("sliding-window", policy => policy.SlidingWindow(10, TenSeconds))
                .AddPolicy("sliding-log", policy => policy.SlidingWindowLog(10, TenSeconds))
                .AddPolicy("leaky-bucket", policy => policy.LeakyBucket(10, TenSeconds))
                .AddPolicy("concurrency", policy => policy.Concurrency(10, TenSeconds))
                .AddPolicy("exact-gcra", policy => policy.Gcra(100, Hour).WhenUnavailable(OnUnavailable.Deny))
                .AddPolicy("exact-fixed-window", policy => policy.FixedWindow(100, Hour).WhenUnavailable(OnUnavailable.Deny))
                .AddPolicy("exact-concurrency", policy => policy.Concurrency(100, Hour).WhenUnavailable(OnUnavailable.Deny));
            options.Policies["unlimited-bench"] = new PolicyOptions
            {
                Algorithm = Algorithm.TokenBucket,
                Limit = 1_000_000_000,
                Window = Hour,
                ScaledByTier = false,
            };
        }
    }
}
