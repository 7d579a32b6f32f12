using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Tenants;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>
/// The options as the platform's own: configuration and code are held to the same rules, and all that is wrong is told at once, before
/// anything starts.
/// </summary>
public sealed class OptionsTests
{
    private const string ProxyRule =
        "must be an IP address, or a network as in 10.0.0.0/24 with no bit set beyond its length, which must be at least 1";
    private static readonly string Hash = new('a', 64);

    [Fact]
    public async Task All_that_is_wrong_in_configuration_in_code_and_by_the_apps_own_rules_is_told_at_once_before_anything_starts()
    {
        var started = new List<string>();

        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => App.StartAsync(
            web => web.MapGet("/", () => "x"),
            options =>
            {
                options.FrontEnds = 0;
                options.TrustedProxies.Add("proxy.local");
                options.ForwardedHeader = "Via";
                options.Policies["orders"] = App.Policy(key: "mail");
            },
            [
                ("Limiter:MaxKeys", "many"), ("Limiter:Polices:x:Limit", "1"),
                ("Limiter:TrustedProxies:here", "10.0.0.1/24"), ("Limiter:TrustedProxies:there", "10.0.0.1"),
            ],
            configure: services => services
                .AddSingleton<IValidateOptions<LimiterOptions>>(new OwnRule())
                .AddSingleton<IHostedService>(new Noted(started))));

        Assert.Equal(
            [
                "The policies of this app begin with 'shop-'.",
                "Limiter:MaxKeys is 'many': it must be a whole number from 1 to 100,000,000 keys.",
                "Limiter:Polices is set: it is no setting; the nearest is Limiter:Policies.",
                "Limiter:FrontEnds is 0: it must be a whole number from 1 to 10,000.",
                $"Limiter:TrustedProxies:here is '10.0.0.1/24': it {ProxyRule}.",
                $"Limiter:TrustedProxies:2 is 'proxy.local': it {ProxyRule}.",
                "Limiter:ForwardedHeader is 'Via': it must be one of X-Forwarded-For, Forwarded, X-Real-IP.",
                "Limiter:Policies:orders:Key is 'mail': "
                + "it must be one or more of ip, user, tenant, claim:<type>, header:<name> and route:<name>, each at most once, joined "
                + "by +.",
            ],
            wrong.Failures);
        Assert.Equal(string.Join('\n', wrong.Failures), wrong.Message);
        Assert.Empty(started);
    }

    [Fact]
    public async Task Entries_under_names_are_what_those_of_a_list_are()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x"),
            settings:
            [
                ("Limiter:TrustedProxies:balancer", "10.0.0.7"), ("Operators:ann:KeySha256", new string('b', 64)),
                ("Tenants:acme:Tier", "pro"), ("Tenants:acme:KeySha256", Hash),
                ("Limiter:Policies:x:Algorithm", "tokenBucket"), ("Limiter:Policies:x:Tenants:first", "acme"),
                ("Limiter:Policies:x:Bandwidths:short:Limit", "1"), ("Limiter:Policies:x:Bandwidths:short:Window", "1s"),
            ]);

        Assert.True(app.Services.GetRequiredService<HttpSettings>().TrustedProxies.Trusts(System.Net.IPAddress.Parse("10.0.0.7")));
        var tenant = Assert.Single(app.Services.GetRequiredService<TenantDirectory>().All);
        Assert.Equal(("acme", "pro"), (tenant.Name, tenant.Tier));
        Assert.Equal(["ann"], app.Services.GetRequiredService<OperatorDirectory>().All);
        Assert.True(Assert.Single(app.Policies.All).IsOpenTo(tenant));
    }

    [Fact]
    public async Task An_app_may_say_things_in_several_places_and_configuration_is_read_once()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x"),
            options => options.AddPolicy("first", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1))),
            [("Tenants:0:Name", "acme"), ("Tenants:0:KeySha256", Hash), ("Limiter:MaxKeys", "7")],
            configure: services =>
            {
                services.Configure<LimiterOptions>(options => options.MaxKeys = 5);
                services.PostConfigure<LimiterOptions>(options => options.Policies["first"].Algorithm = Algorithm.Gcra);
            },
            again: builder => builder.AddOrleansLimiter(
                options => options.AddPolicy("second", policy => policy.TokenBucket(2, TimeSpan.FromMinutes(1)))));

        Assert.Equal(["first", "second"], app.Policies.All.Select(policy => policy.Name));
        Assert.Equal(Algorithm.Gcra, app.Policies.All[0].Algorithm);
        Assert.Equal(7, app.Services.GetRequiredService<IOptions<LimiterOptions>>().Value.MaxKeys);
        Assert.Single(app.Services.GetRequiredService<TenantDirectory>().All);
        Assert.Single(app.Services.GetServices<ILimitEngine>());
    }

    private sealed class OwnRule : IValidateOptions<LimiterOptions>
    {
        public ValidateOptionsResult Validate(string? name, LimiterOptions options) =>
            options.Policies.Keys.All(policy => policy.StartsWith("shop-", StringComparison.Ordinal))
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail("The policies of this app begin with 'shop-'.");
    }

    private sealed class Noted(List<string> started) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            started.Add("hosted service");
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
