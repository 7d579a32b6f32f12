using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Limiter.Tests;

public class TenantTests
{
    private static readonly (string Name, string? Value)[] Acme =
        [("Tenants:0:Name", "acme"), ("Tenants:0:Tier", "pro"), ("Tenants:0:KeySha256", Keys.HashOf(Keys.Acme))];

    [Fact]
    public void A_tenant_is_found_by_its_key_alone()
    {
        var tenants = Configured.Production(Acme).Tenants;
        Assert.True(tenants.TryFind(Keys.Acme, out var tenant));
        Assert.Equal(("acme", "pro"), (tenant.Name, tenant.Tier));
        Assert.False(tenant.IsPublic);
        Assert.False(tenants.TryFind(Keys.Other, out _));
        Assert.False(tenants.TryFind(Keys.HashOf(Keys.Acme), out _));
        Assert.False(tenants.TryFind(Keys.Acme.ToUpperInvariant(), out _));
    }

    [Fact]
    public void A_hash_may_be_written_in_upper_case() => Assert.True(
        Configured.Production([.. Acme, ("Tenants:0:KeySha256", Keys.HashOf(Keys.Acme).ToUpperInvariant())]).Tenants.TryFind(
            Keys.Acme, out _));

    [Theory]
    [InlineData(31)]
    [InlineData(257)]
    [InlineData(100_000)]
    public void A_key_that_is_too_short_or_too_long_is_never_accepted_whatever_its_hash(int length)
    {
        var key = new string('k', length);
        Assert.False(Configured.Production([.. Acme, ("Tenants:0:KeySha256", Keys.HashOf(key))]).Tenants.TryFind(key, out _));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(256)]
    public void A_key_of_a_right_length_is(int length)
    {
        var key = new string('\u20ac', length);
        Assert.True(Configured.Production([.. Acme, ("Tenants:0:KeySha256", Keys.HashOf(key))]).Tenants.TryFind(key, out _));
    }

    [Fact]
    public void A_tenant_may_have_several_keys_so_that_they_can_be_changed()
    {
        var tenants = Configured.Production(
            [.. Acme, ("Tenants:1:Name", "acme"), ("Tenants:1:Tier", "pro"), ("Tenants:1:KeySha256", Keys.HashOf(Keys.Other))]).Tenants;
        Assert.True(tenants.TryFind(Keys.Acme, out var one));
        Assert.True(tenants.TryFind(Keys.Other, out var other));
        Assert.Same(one, other);
        Assert.Equal([one], tenants.All);
    }

    [Fact]
    public void Without_a_key_the_caller_is_public_where_that_is_switched_on()
    {
        Assert.False(Configured.Production(Acme).Tenants.TryFind(null, out _));

        var tenants = Configured.Production(
            [.. Acme, ("Limiter:PublicTenant:Enabled", "true"), ("Limiter:PublicTenant:Tier", "pro")]).Tenants;
        Assert.True(tenants.TryFind(null, out var tenant));
        Assert.Equal(("public", "pro", true), (tenant.Name, tenant.Tier, tenant.IsPublic));
        Assert.False(tenants.TryFind("", out _));
    }

    [Fact]
    public void Only_one_tenant_can_call_if_there_is_one_key_holder_or_public_alone()
    {
        Assert.True(Configured.Production().Tenants.IsSingleTenant);
        Assert.True(Configured.Production(Acme).Tenants.IsSingleTenant);
        Assert.True(Configured.Production(("Limiter:PublicTenant:Enabled", "true")).Tenants.IsSingleTenant);
        Assert.False(Configured.Production([.. Acme, ("Limiter:PublicTenant:Enabled", "true")]).Tenants.IsSingleTenant);
        Assert.False(Configured.Development().Tenants.IsSingleTenant);
    }

    [Fact]
    public void One_tenant_may_hold_a_quarter_of_the_keys_or_all_where_it_is_alone()
    {
        Assert.Equal((1_000_000, 250_000), KeysOf(Configured.Development()));
        Assert.Equal((1_000_000, 1_000_000), KeysOf(Configured.Production(Acme)));
        Assert.Equal((3, 1), KeysOf(Configured.Development(("Limiter:MaxKeys", "3"))));
        Assert.Equal((10, 10), KeysOf(Configured.Development(("Limiter:MaxKeys", "10"), ("Limiter:MaxKeysPerTenant", "10"))));
        Assert.Equal(
            ["Limiter:MaxKeysPerTenant is 11: it must be at most Limiter:MaxKeys, which is 10."],
            Configured.DevelopmentErrors(("Limiter:MaxKeys", "10"), ("Limiter:MaxKeysPerTenant", "11")));

        static (long, long) KeysOf(LimiterSettings settings) => (settings.MaxKeys, settings.MaxKeysPerTenant);
    }

    [Fact]
    public void The_own_limits_have_keys_beside_the_callers_half_as_many_or_as_many_where_nobody_calls()
    {
        Assert.Equal((500_000, 2), OwnOf(Configured.Development()));
        Assert.Equal((500_000, 2), OwnOf(Configured.Production(Acme)));
        Assert.Equal((1_000_000, 2), OwnOf(Configured.Production()));
        Assert.Equal((1_000, 2), OwnOf(Configured.Development(("Limiter:MaxKeys", "3"))));
        Assert.Equal((7, 2), OwnOf(Configured.Development(("Limiter:MaxOwnKeys", "7"))));
        Assert.Equal(
            ["Limiter:MaxOwnKeys is '0': it must be a whole number from 1 to 100,000,000 keys."],
                Configured.DevelopmentErrors(("Limiter:MaxOwnKeys", "0")));

        // Those that endpoints may require: with a key recipe, or internal.
        Assert.Equal((500_000, 3), OwnOf(Configured.Development(("Limiter:Policies:default:Key", "ip"))));

        static (long, int) OwnOf(LimiterSettings settings) => (settings.MaxOwnKeys, settings.OwnPolicyCount);
    }

    [Fact]
    public void A_policy_is_open_to_the_tenants_and_tiers_it_names()
    {
        var settings = Configured.Production(
            [
                .. Configured.PolicyX, .. Acme,
                ("Tenants:1:Name", "other"), ("Tenants:1:KeySha256", Keys.HashOf(Keys.Other)), ("Limiter:PublicTenant:Enabled", "true"),
                ("Limiter:Policies:x:Tenants:0", "acme"), ("Limiter:Policies:x:Tenants:1", "public"),
                ("Limiter:Policies:y:Algorithm", "gcra"), ("Limiter:Policies:y:Limit", "1"), ("Limiter:Policies:y:Window", "1"),
                ("Limiter:Policies:y:Tiers:0", "pro"),
                ("Limiter:Policies:z:Algorithm", "gcra"), ("Limiter:Policies:z:Limit", "1"), ("Limiter:Policies:z:Window", "1"),
                ("Limiter:Policies:z:Tiers:0", "pro"), ("Limiter:Policies:z:Tenants:0", "public"),
            ]);
        Assert.Equal(["acme", "public"], OpenTo("x"));
        Assert.Equal(["acme"], OpenTo("y"));
        Assert.Empty(OpenTo("z"));
        Assert.True(settings.Policy("z").IsOpenTo(Tenant.Own));

        IEnumerable<string> OpenTo(string policy) =>
            settings.Tenants.All.Where(settings.Policy(policy).IsOpenTo).Select(tenant => tenant.Name);
    }

    [Fact]
    public void The_tenant_of_the_services_own_routes_is_out_of_reach_of_any_name()
    {
        Assert.Equal((KeyScope.OwnTenant, "free"), (Tenant.Own.Name, Tenant.Own.Tier));
        Assert.Equal(
            ["Tenants:0:Name is '~app': it must be 1 to 64 characters of a-z, 0-9 and -."],
            Configured.ProductionErrors([.. Acme, ("Tenants:0:Name", "~app")]));
    }

    [Theory]
    [InlineData("Name", "public",
        "Tenants:0:Name is 'public': it must be another name: public is whoever calls without a key (Limiter:PublicTenant).")]
    [InlineData("Name", "Acme", "Tenants:0:Name is 'Acme': it must be 1 to 64 characters of a-z, 0-9 and -.")]
    [InlineData("Tier", "gold", "Tenants:0:Tier is 'gold': it must be a tier: free, pro.")]
    [InlineData("KeySha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "Tenants:0:KeySha256 is that of an empty text: it must be the SHA-256 of a key, and no key is empty.")]
    [InlineData("KeySha256", null, "Tenants:0:KeySha256 is not set: it must be the SHA-256 of a key, 64 hexadecimal digits.")]
    [InlineData("KeySha256", "acme-key-0123456789-0123456789-0",
        "Tenants:0:KeySha256 is (hidden): it must be the SHA-256 of a key, 64 hexadecimal digits.")]
    [InlineData("KeySha256", "zz23456789012345678901234567890123456789012345678901234567890123",
        "Tenants:0:KeySha256 is (hidden): it must be the SHA-256 of a key, 64 hexadecimal digits.")]
    [InlineData("Key", "acme-key-0123456789-0123456789-0", "Tenants:0:Key is set: it is no setting; known here: Name, Tier, KeySha256.")]
    public void A_wrong_tenant_stops_the_start_and_its_key_is_not_printed(string setting, string? value, string expected) =>
        Assert.Equal([expected], Configured.ProductionErrors([.. Acme, ($"Tenants:0:{setting}", value)]));

    [Fact]
    public void A_key_leads_to_one_tenant_and_a_tenant_has_one_tier() => Assert.Equal(
        [
            "Tenants:1:KeySha256 is (hidden): it must not stand twice: a key leads to one tenant.",
            "Tenants:2:Tier is 'free': it must be pro, as where tenant acme stands first: a tenant has one tier.",
        ],
        Configured.ProductionErrors(
            [
                .. Acme, ("Tenants:1:Name", "other"), ("Tenants:1:KeySha256", Keys.HashOf(Keys.Acme)),
                ("Tenants:2:Name", "acme"), ("Tenants:2:KeySha256", Keys.HashOf(Keys.Other)),
            ]));

    [Fact]
    public void An_operator_is_found_by_the_key_alone()
    {
        var operators = Configured.Production(("Operators:0:Name", "ann"), ("Operators:0:KeySha256", Keys.HashOf(Keys.Other))).Operators;
        Assert.Equal(["ann"], operators.All);
        Assert.True(operators.TryFind(Keys.Other, out var name));
        Assert.Equal("ann", name);
        Assert.False(operators.TryFind(Keys.Acme, out _));
        Assert.False(operators.TryFind("", out _));
        Assert.False(operators.TryFind(null, out _));
    }

    [Fact]
    public void A_wrong_operator_stops_the_start() => Assert.Equal(
        [
            "Operators:1:Nme is set: it is no setting; the nearest is Operators:1:Name.",
            "Operators:0:KeySha256 is (hidden): it must not be a tenant's key too.",
            "Operators:1:Name is not set: it must be 1 to 64 characters of a-z, 0-9 and -.",
            "Operators:3:KeySha256 is (hidden): it must not stand twice: a key leads to one operator.",
        ],
        Configured.ProductionErrors(
            [
                .. Acme, ("Operators:0:Name", "ann"), ("Operators:0:KeySha256", Keys.HashOf(Keys.Acme)),
                ("Operators:1:Nme", "bob"), ("Operators:1:KeySha256", Keys.HashOf(Keys.Other)),
                ("Operators:2:Name", "cec"), ("Operators:2:KeySha256", Keys.HashOf(Keys.Other)),
                ("Operators:3:Name", "dan"), ("Operators:3:KeySha256", Keys.HashOf(Keys.Other)),
            ]));

    [Fact]
    public void The_public_tenant_is_a_section() => Assert.Equal(
        ["Limiter:PublicTenant is a single value: it must hold settings."],
        Configured.ProductionErrors(("Limiter:PublicTenant", "true")));
}
