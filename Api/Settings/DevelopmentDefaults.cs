using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Api.Settings;

/// <summary>
/// What a newcomer finds in the Development environment: policies to try, two tenants and an operator with well-known keys, and
/// callers without a key. Configuration may change every part. No other environment starts with any of it, and none starts with one of
/// these keys configured.
/// </summary>
internal sealed class DevelopmentDefaults : IBuiltInPolicies
{
    /// <summary>The API key of the tenant <c>dev-free</c>, tier <c>free</c>.</summary>
    public const string FreeKey = "dev-free-key";

    /// <summary>The API key of the tenant <c>dev-pro</c>, tier <c>pro</c>.</summary>
    public const string ProKey = "dev-pro-key";

    /// <summary>The key of the operator <c>dev-operator</c>.</summary>
    public const string OperatorKey = "dev-operator-key";

    private static readonly TimeSpan TenSeconds = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static WellKnownKeys Keys(bool areAccepted) => new(
        areAccepted,
        [(new Tenant("dev-free", Tenant.FreeTier), DigestOf(FreeKey)), (new Tenant("dev-pro", "pro"), DigestOf(ProKey))],
        [("dev-operator", DigestOf(OperatorKey))]);

    /// <summary>Adds the policies to try and lets callers without a key in.</summary>
    public void AddTo(LimiterOptions options)
    {
        options.PublicTenant.Enabled = true;
        options.Policies["default"] = Of(Algorithm.TokenBucket, 10, Minute);
        options.Policies["fixed-window"] = Of(Algorithm.FixedWindow, 10, TenSeconds);
        options.Policies["sliding-window"] = Of(Algorithm.SlidingWindowCounter, 10, TenSeconds);
        options.Policies["sliding-log"] = Of(Algorithm.SlidingWindowLog, 10, TenSeconds);
        options.Policies["gcra"] = Of(Algorithm.Gcra, 10, TenSeconds, burst: 10);
        options.Policies["leaky-bucket"] = Of(Algorithm.LeakyBucket, 10, TenSeconds);
        options.Policies["concurrency"] = Of(Algorithm.Concurrency, 10, TenSeconds);
        options.Policies["burst-and-sustained"] = new PolicyOptions
        {
            Algorithm = Algorithm.TokenBucket,
            Bandwidths = { new() { Limit = 10, Window = TimeSpan.FromSeconds(1) }, new() { Limit = 20, Window = Minute } },
        };
        options.Policies["exact-token-bucket"] = Exact(Algorithm.TokenBucket);
        options.Policies["exact-gcra"] = Exact(Algorithm.Gcra);
        options.Policies["exact-fixed-window"] = Exact(Algorithm.FixedWindow);
        options.Policies["exact-sliding-window"] = Exact(Algorithm.SlidingWindowCounter);
        options.Policies["exact-sliding-log"] = Exact(Algorithm.SlidingWindowLog);
        options.Policies["exact-concurrency"] = Exact(Algorithm.Concurrency);

        // As many permits as a limit may name: twice of them cannot be, so no tier scales it.
        options.Policies["unlimited-bench"] = new PolicyOptions
        {
            Algorithm = Algorithm.TokenBucket,
            Limit = 1_000_000_000,
            Window = Hour,
            ScaledByTier = false,
        };
    }

    private static PolicyOptions Of(Algorithm algorithm, long limit, TimeSpan window, long? burst = null) =>
        new() { Algorithm = algorithm, Limit = limit, Window = window, Burst = burst };

    private static PolicyOptions Exact(Algorithm algorithm) =>
        new() { Algorithm = algorithm, Limit = 100, Window = Hour, OnUnavailable = OnUnavailable.Deny };

    private static KeyDigest DigestOf(string key) =>
        KeyDigest.TryOf(key, out var digest) ? digest : throw new InvalidOperationException("A built-in key is too long.");
}

/// <summary>Adds <see cref="DevelopmentDefaults"/>.</summary>
internal static class DevelopmentDefaultsExtensions
{
    /// <summary>
    /// Adds them in Development. Elsewhere there are no such policies, and nothing starts with one of the keys configured.
    /// </summary>
    public static IServiceCollection AddDevelopmentDefaults(this IServiceCollection services, bool isDevelopment)
    {
        if (isDevelopment)
            services.AddSingleton<IBuiltInPolicies, DevelopmentDefaults>();
        return services.AddSingleton(DevelopmentDefaults.Keys(isDevelopment));
    }
}
