namespace OrleansLimiter.Limiter.Tests;

/// <summary>What configuration makes of the policies, tenants and operators that a program brings along.</summary>
public class BuiltInPolicyTests
{
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
}
