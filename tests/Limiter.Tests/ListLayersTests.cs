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
        Assert.DoesNotContain(errors, error => error.Contains(Hash, StringComparison.Ordinal) || error.Contains(OtherHash, StringComparison.Ordinal));
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
        (string, string?)[] over = [("Tenants:0:Name", "acme"), ("Tenants:0:KeySha256", Hash), ("Tenants:1:Name", "beta"), ("Tenants:1:KeySha256", OtherHash)];

        Assert.Equal(["acme", "beta"], LimiterSettings.Load(Layered(file, over), isDevelopment: false).Tenants.All.Select(tenant => tenant.Name));
    }

    private static string Layer => "MemoryConfigurationProvider";

    private static string Rule => "must be given in one layer only: lists are merged by their numbers, so give the entries of the other layer numbers of their own";

    private static string[] Errors((string, string?)[] below, (string, string?)[] above) =>
        Assert.Throws<LimiterConfigurationException>(() => LimiterSettings.Load(Layered(below, above), isDevelopment: false)).Message.Split('\n');

    private static IConfigurationRoot Layered((string, string?)[] below, (string, string?)[] above) =>
        new ConfigurationBuilder().AddInMemoryCollection(Pairs(below)).AddInMemoryCollection(Pairs(above)).Build();

    private static IEnumerable<KeyValuePair<string, string?>> Pairs((string Name, string? Value)[] values) =>
        values.Select(value => KeyValuePair.Create(value.Name, value.Value));
}
