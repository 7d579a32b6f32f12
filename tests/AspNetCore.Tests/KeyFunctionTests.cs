using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Who is counted, said by code: on an endpoint, or of a policy.</summary>
public sealed class KeyFunctionTests
{
    [Fact]
    public async Task An_endpoint_counts_by_what_its_function_says_and_needs_no_recipe()
    {
        await using var app = await StartAsync(web => web.MapGet("/", () => "x").RequireLimit("plain", Device));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Device", "d1")));
        Assert.Equal(429, await app.StatusAsync("/", "203.0.113.8", ("Device", "d1")));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Device", "d2")));
    }

    [Fact]
    public async Task Requests_of_which_it_says_nothing_share_one_count()
    {
        await using var app = await StartAsync(web => web.MapGet("/", () => "x").RequireLimit("plain", Device));
        Assert.Equal((200, 429), (await app.StatusAsync("/"), await app.StatusAsync("/", "203.0.113.8")));
        Assert.Equal(429, await app.StatusAsync("/", headers: ("Device", "")));
    }

    [Fact]
    public async Task It_goes_before_what_the_policy_says_and_takes_its_cost()
    {
        await using var app = await StartAsync(web =>
        {
            web.MapGet("/ip", () => "x").RequireLimit("wide");
            web.MapGet("/device", () => "x").RequireLimit("wide", Device, cost: 5);
        });
        Assert.Equal(200, await app.StatusAsync("/device", headers: ("Device", "d1")));
        Assert.Equal(429, await app.StatusAsync("/device", headers: ("Device", "d1")));
        Assert.Equal(9, await app.RemainingAsync("wide"));
        Assert.Equal(200, await app.StatusAsync("/ip"));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_policy_in_code_counts_by_its_function_wherever_it_is_required()
    {
        await using var app = await StartAsync(web =>
        {
            web.MapGet("/a", () => "x").RequireLimit("devices");
            web.MapGet("/b", [RequireLimit("devices")] () => "x");
        });
        Assert.Equal(200, await app.StatusAsync("/a", headers: ("Device", "d1")));
        Assert.Equal(429, await app.StatusAsync("/b", headers: ("Device", "d1")));
        Assert.Equal(200, await app.StatusAsync("/b", headers: ("Device", "d2")));
    }

    [Fact]
    public async Task A_limiter_that_is_told_the_same_subject_counts_the_same()
    {
        await using var app = await StartAsync(web => web.MapGet("/", () => "x").RequireLimit("devices"));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Device", "alice+1@example.com")));
        Assert.False(
            (await app.Services.GetRequiredService<ILimiter>()
                .PeekAsync("devices", "alice+1@example.com", cancellationToken: TestContext.Current.CancellationToken)).IsAdmitted);
    }

    [Fact]
    public async Task Of_a_recipe_and_a_function_of_a_policy_the_last_one_holds()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                web.MapGet("/device", () => "x").RequireLimit("device-last");
                web.MapGet("/ip", () => "x").RequireLimit("ip-last");
            },
            options => options
                .AddPolicy("device-last", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1)).By("ip").By(Device))
                .AddPolicy("ip-last", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1)).By(Device).By("ip")));
        Assert.Equal(
            (200, 200),
            (await app.StatusAsync("/device", headers: ("Device", "d1")), await app.StatusAsync("/device", headers: ("Device", "d2"))));
        Assert.Equal(
            (200, 429), (await app.StatusAsync("/ip", headers: ("Device", "d1")), await app.StatusAsync("/ip", headers: ("Device", "d2"))));
    }

    [Fact]
    public async Task A_function_that_fails_ends_the_request_and_keeps_nothing_of_the_limits_before_it()
    {
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("wide")
                .RequireLimit("plain", _ => throw new InvalidOperationException("It fails.")), "Production");
        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));
        Assert.Equal(9, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task Before_authentication_it_is_asked_too()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseRouting();
            web.UseLimitsBeforeAuthentication();
            web.Use(App.Unauthorized);
            web.MapGet("/", () => "x").RequireLimitBeforeAuthentication("plain", Device);
        });
        Assert.Equal(
            (401, 429), (await app.StatusAsync("/", headers: ("Device", "d1")), await app.StatusAsync("/", headers: ("Device", "d1"))));
        Assert.Equal(401, await app.StatusAsync("/", headers: ("Device", "d2")));
    }

    [Fact]
    public async Task A_claim_is_not_known_before_authentication()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => App.StartAsync(
            web =>
            {
                web.UseRouting();
                web.UseLimitsBeforeAuthentication();
                web.MapGet("/", () => "x").RequireLimitBeforeAuthentication("org");
            },
            options => options.Policies["org"] = App.Policy(1, "ip+claim:org")));
        Assert.Equal("Limiter:Policies:org:Key is 'ip+claim:org': it must not count by claim:org, because 'HTTP: GET /' has it asked "
            + "before anybody is authenticated.", wrong.Message);
    }

    [Fact]
    public async Task Users_of_one_claim_share_a_count()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("org"), options => options.Policies["org"] = App.Policy(1, "claim:org"));
        Assert.Equal(200, await app.StatusAsync("/", headers: [("Test-User", "acme"), ("Test-Claim", "org")]));
        Assert.Equal(429, await app.StatusAsync("/", "203.0.113.8", ("Test-User", "acme"), ("Test-Claim", "ORG")));
        Assert.Equal(200, await app.StatusAsync("/", headers: [("Test-User", "other"), ("Test-Claim", "org")]));
    }

    private static string? Device(HttpContext context) => context.Request.Headers["Device"];

    private static Task<App> StartAsync(Action<WebApplication> map, string environment = "Development") => App.StartAsync(
        map,
        options => options
            .AddPolicy("wide", policy => policy.TokenBucket(9, TimeSpan.FromMinutes(1)).By("ip"))
            .AddPolicy("plain", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1)))
            .AddPolicy("devices", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1)).By(Device)),
        environment: environment);
}
