using Microsoft.Extensions.Configuration;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>Lists that two layers of the configuration fill.</summary>
public class ListLayersTests
{
    private static readonly string Hash = new('a', 64);
    private static readonly string OtherHash = new('b', 64);

    [Fact]
    public void A_tenant_that_takes_anothers_place_and_tier_stops_the_start_and_both_layers_are_named()
    {
        (string, string?)[] file = [("Tenants:0:Name", "acme"), ("Tenants:0:Tier", "pro"), ("Tenants:0:KeySha256", Hash)];
        (string, string?)[] over = [("Tenants:0:Name", "beta"), ("Tenants:0:KeySha256", OtherHash)];

        var errors = Errors(file, over);

        Assert.Equal(
            [
                $"Tenants:0:KeySha256 is one thing in {Layer} and another in {Layer}: it {Rule}.",
                $"Tenants:0:Name is one thing in {Layer} and another in {Layer}: it {Rule}.",
            ],
            errors);
        Assert.DoesNotContain(errors, error => error.Contains(Hash, StringComparison.Ordinal)
            || error.Contains(OtherHash, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Operators:0:Name")]
    [InlineData("Limiter:TrustedProxies:0")]
    [InlineData("Limiter:Policies:x:Tenants:0")]
    [InlineData("Limiter:Policies:x:Tiers:0")]
    [InlineData("Limiter:Policies:x:Bandwidths:0:Limit")]
    public void So_does_every_other_list(string setting) =>
        Assert.StartsWith($"{setting} is one thing in ", Errors([(setting, "1")], [(setting, "2")])[0], StringComparison.Ordinal);

    [Fact]
    public void A_layer_may_complete_an_entry_repeat_it_or_add_one()
    {
        (string, string?)[] file = [("Tenants:0:Name", "acme"), ("Tenants:0:Tier", "pro")];
        (string, string?)[] over = [("Tenants:0:Name", "acme"), ("Tenants:0:KeySha256", Hash), ("Tenants:1:Name", "beta"),
            ("Tenants:1:KeySha256", OtherHash)];

        var settings = Configured.Load(Layered(file, over), isDevelopment: false);

        Assert.Equal(["acme", "beta"], settings.Tenants.All.Select(tenant => tenant.Name));
    }

    [Fact]
    public void An_entry_under_a_name_is_who_it_is_and_a_layer_changes_what_is_below_it()
    {
        (string, string?)[] file =
            [("Tenants:acme:Tier", "free"), ("Tenants:acme:KeySha256", Hash), ("Operators:ann:KeySha256", OtherHash)];
        (string, string?)[] over =
            [("Tenants:ACME:Tier", "pro"), ("Tenants:0:Name", "beta"), ("Tenants:0:KeySha256", new string('c', 64))];

        var settings = Configured.Load(Layered(file, over), isDevelopment: false);

        Assert.Equal(["acme pro", "beta free"], settings.Tenants.All.Select(tenant => $"{tenant.Name} {tenant.Tier}"));
        Assert.Equal(["ann"], settings.Operators.All);
    }

    [Fact]
    public void What_is_wrong_with_an_entry_under_a_name_is_told_by_that_name() => Assert.Equal(
        [
            "Tenants:acme:Teir is set: it is no setting; the nearest is Tenants:acme:Tier.",
            "Tenants:acme:KeySha256 is not set: it must be the SHA-256 of a key, 64 hexadecimal digits.",
            "Tenants:b_c:Name is 'b_c': it must be 1 to 64 characters of a-z, 0-9 and -.",
        ],
        Errors([("Tenants:acme:Teir", "pro"), ("Tenants:b_c:KeySha256", Hash)], []));

    [Fact]
    public void An_entry_under_a_name_may_be_of_another_tenant_that_has_several_keys()
    {
        (string, string?)[] file =
            [("Tenants:acme:KeySha256", Hash), ("Tenants:acme-next:Name", "acme"), ("Tenants:acme-next:KeySha256", OtherHash)];

        Assert.Equal(["acme"], Configured.Load(Layered(file, []), isDevelopment: false).Tenants.All.Select(tenant => tenant.Name));
    }

    private static string Layer => "MemoryConfigurationProvider";

    private static string Rule =>
        "must be given in one layer only: lists are merged by their numbers, so give the entries of the other layer numbers of their own, "
        + "or names in the place of numbers (Tenants:acme:Tier)";

    private static string[] Errors((string, string?)[] below, (string, string?)[] above) =>
        Assert.Throws<LimiterConfigurationException>(() => Configured.Load(Layered(below, above), isDevelopment: false)).Message.Split(
            '\n');

    private static IConfigurationRoot Layered((string, string?)[] below, (string, string?)[] above) =>
        new ConfigurationBuilder().AddInMemoryCollection(Pairs(below)).AddInMemoryCollection(Pairs(above)).Build();

    private static IEnumerable<KeyValuePair<string, string?>> Pairs((string Name, string? Value)[] values) =>
        values.Select(value => KeyValuePair.Create(value.Name, value.Value));
}
