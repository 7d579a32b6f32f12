using OrleansLimiter.Api.Settings;
using OrleansLimiter.Configuration;

namespace OrleansLimiter.Limiter.Tests;

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
        Assert.Equal(Own.Concat(TryOut).Order(StringComparer.Ordinal), Lines(Configured.Development()).Order(StringComparer.Ordinal));

    [Fact]
    public void Production_starts_with_the_services_own_policies_and_no_caller()
    {
        var settings = Configured.Production();
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
        var settings = Configured.Development();
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
        Configured.ProductionErrors(($"{section}:0:Name", "acme"), ($"{section}:0:KeySha256", Keys.HashOf(key))));

    [Fact]
    public void Configuration_changes_the_part_of_a_built_in_policy_that_it_names()
    {
        var policy = Configured.Development(("Limiter:Policies:gcra:Limit", "50"), ("Limiter:Policies:gcra:OnUnavailable", "deny"))
            .Policy("gcra");
        Assert.Equal("gcra;50/10000000/10", policy.SpecFor("free").ToString());
        Assert.Equal(OnUnavailable.Deny, policy.OnUnavailable);
    }

    [Fact]
    public void Configuration_that_names_an_algorithm_defines_the_limits_anew_but_keeps_a_policy_internal()
    {
        var settings = Configured.Production(
            ("Limiter:Policies:queue-user:Algorithm", "fixedWindow"), ("Limiter:Policies:queue-user:Limit", "7"),
                ("Limiter:Policies:queue-user:Window", "1s"));
        Assert.Equal("fixedWindow;7/1000000/7", settings.Policy("queue-user").SpecFor("free").ToString());
        Assert.True(settings.Policy("queue-user").IsInternal);
        Assert.Equal(
            ["Limiter:Policies:queue-user:Limit is not set: it must be a whole number from 1 to 1,000,000,000 permits."],
            Configured.ProductionErrors(
                ("Limiter:Policies:queue-user:Algorithm", "fixedWindow"), ("Limiter:Policies:queue-user:Window", "1s")));
    }

    [Fact]
    public void Configuration_may_put_bandwidths_in_the_place_of_a_limit_and_the_other_way_round()
    {
        var settings = Configured.Development(
            ("Limiter:Policies:default:Bandwidths:0:Limit", "1"), ("Limiter:Policies:default:Bandwidths:0:Window", "1s"),
            ("Limiter:Policies:burst-and-sustained:Limit", "2"), ("Limiter:Policies:burst-and-sustained:Window", "2s"));
        Assert.Equal("tokenBucket;1/1000000/1", settings.Policy("default").SpecFor("free").ToString());
        Assert.Equal("tokenBucket;2/2000000/2", settings.Policy("burst-and-sustained").SpecFor("free").ToString());
    }

    [Fact]
    public void Configuration_may_switch_the_public_tenant_off_and_take_over_the_built_in_tenants()
    {
        var settings = Configured.Development(
            ("Limiter:PublicTenant:Enabled", "false"),
            ("Tenants:0:Name", "dev-free"), ("Tenants:0:KeySha256", Keys.HashOf(Keys.Acme)),
            ("Tenants:1:Name", "mine"), ("Tenants:1:KeySha256", Keys.HashOf("dev-pro-key")),
            ("Operators:0:Name", "dev-operator"), ("Operators:0:KeySha256", Keys.HashOf(Keys.Other)));
        Assert.Equal(["dev-free", "mine"], settings.Tenants.All.Select(tenant => tenant.Name));
        Assert.False(settings.Tenants.TryFind("dev-free-key", out _));
        Assert.True(settings.Tenants.TryFind("dev-pro-key", out var mine));
        Assert.Equal("mine", mine.Name);
        Assert.False(settings.Operators.TryFind("dev-operator-key", out _));
    }

    private static IEnumerable<string> Lines(LimiterSettings settings) => settings.Policies.All.Select(policy =>
        $"{policy.Name}: {policy.SpecFor("free")} {(policy.IsInternal ? "internal" : "open")} {policy.OnUnavailable} {policy.KeyRecipe}");
}
