using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Api.Settings;
using OrleansLimiter.Configuration;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Settings;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>What the service brings along: the shop's policies everywhere, and in Development what a newcomer tries.</summary>
public class DefaultsTests
{
    private static readonly string[] Own =
    [
        "browse-ip: tokenBucket;300/60000000/300 internal Local ip",
        "buy-ticket: slidingWindowLog;5/60000000/5 internal Local user",
        "draw-ip: tokenBucket;30/60000000/30 internal Local ip",
        "login-account: slidingWindowCounter;20/60000000/20 internal Local ",
        "login-account-ip: slidingWindowCounter;5/60000000/5 internal Local ",
        "login-account-new: slidingWindowCounter;100/60000000/100 internal Local ",
        "login-ip: slidingWindowCounter;100/60000000/100 internal Local ip",
        "logout-user: tokenBucket;30/60000000/30 internal Local user",
        "queue-user: tokenBucket;60/60000000/10 internal Local user",
        "refresh-ip: tokenBucket;30/60000000/30 internal Local ip",
        "signup-ip: tokenBucket;10/60000000/10 internal Local ip",
    ];

    private static readonly string[] TryOut =
    [
        "burst-and-sustained: tokenBucket;10/1000000/10;20/60000000/20 open Local ",
        "concurrency: concurrency;10/10000000/10 open Local ",
        "default: tokenBucket;10/60000000/10 open Local ",
        "exact-concurrency: concurrency;100/3600000000/100 open Deny ",
        "exact-fixed-window: fixedWindow;100/3600000000/100 open Deny ",
        "exact-gcra: gcra;100/3600000000/100 open Deny ",
        "exact-sliding-log: slidingWindowLog;100/3600000000/100 open Deny ",
        "exact-sliding-window: slidingWindowCounter;100/3600000000/100 open Deny ",
        "exact-token-bucket: tokenBucket;100/3600000000/100 open Deny ",
        "fixed-window: fixedWindow;10/10000000/10 open Local ",
        "gcra: gcra;10/10000000/10 open Local ",
        "leaky-bucket: leakyBucket;10/10000000/10 open Local ",
        "sliding-log: slidingWindowLog;10/10000000/10 open Local ",
        "sliding-window: slidingWindowCounter;10/10000000/10 open Local ",
        "unlimited-bench: tokenBucket;1000000000/3600000000/1000000000 open Local ",
    ];

    [Fact]
    public void Development_starts_with_the_policies_to_try_and_the_services_own() =>
        Assert.Equal(Own.Concat(TryOut).Order(StringComparer.Ordinal), Lines(Load(isDevelopment: true)).Order(StringComparer.Ordinal));

    [Fact]
    public void Production_starts_with_the_services_own_policies_and_no_caller()
    {
        var settings = Load(isDevelopment: false);
        Assert.Equal(Own, Lines(settings));
        Assert.Empty(settings.Tenants.All);
        Assert.Empty(settings.Operators.All);
        Assert.False(settings.Tenants.TryFind(null, out _));
        Assert.False(settings.Tenants.TryFind(DevelopmentDefaults.FreeKey, out _));
        Assert.False(settings.Tenants.TryFind(DevelopmentDefaults.ProKey, out _));
        Assert.False(settings.Operators.TryFind(DevelopmentDefaults.OperatorKey, out _));
    }

    [Fact]
    public void Development_knows_the_well_known_keys()
    {
        var settings = Load(isDevelopment: true);
        Assert.Equal(["dev-free free", "dev-pro pro", "public free"],
            settings.Tenants.All.Select(tenant => $"{tenant.Name} {tenant.Tier}"));
        Assert.True(settings.Tenants.TryFind("dev-free-key", out var free));
        Assert.Equal("dev-free", free.Name);
        Assert.True(settings.Tenants.TryFind("dev-pro-key", out var pro));
        Assert.Equal("dev-pro", pro.Name);
        Assert.True(settings.Operators.TryFind("dev-operator-key", out var name));
        Assert.Equal("dev-operator", name);
        Assert.False(settings.Tenants.TryFind("dev-operator-key", out _));
        Assert.False(settings.Operators.TryFind("dev-pro-key", out _));
    }

    [Theory]
    [InlineData("Tenants", "dev-free-key")]
    [InlineData("Tenants", "dev-pro-key")]
    [InlineData("Tenants", "dev-operator-key")]
    [InlineData("Operators", "dev-operator-key")]
    [InlineData("Operators", "dev-pro-key")]
    public void Production_does_not_start_with_a_well_known_key(string section, string key) => Assert.Equal(
        [$"{section}:0:KeySha256 is (hidden): it must not be that of a built-in development key, which everybody knows: only Development "
            + $"starts with one."],
        ErrorsOf(
            ($"{section}:0:Name", "acme"),
            ($"{section}:0:KeySha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))))));

    private static LimiterSettings Load(bool isDevelopment, params (string Name, string Value)[] values)
    {
        var configuration = Configured.With(values);
        using var provider = new ServiceCollection().AddShopPolicies(configuration).AddDevelopmentDefaults(isDevelopment)
            .AddLimiterCore(configuration).BuildServiceProvider();
        return provider.GetRequiredService<LimiterSettings>();
    }

    private static string[] ErrorsOf(params (string Name, string Value)[] values) =>
        Assert.Throws<LimiterConfigurationException>(() => Load(isDevelopment: false, values)).Message.Split('\n');

    private static IEnumerable<string> Lines(LimiterSettings settings) => settings.Policies.All.Select(policy =>
        $"{policy.Name}: {policy.SpecFor("free")} {(policy.IsInternal ? "internal" : "open")} {policy.OnUnavailable} {policy.KeyRecipe}");
}
