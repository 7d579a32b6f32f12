using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Limits that are asked before it is looked who calls: wrong credentials count.</summary>
public sealed class EarlyLimitTests
{
    [Fact]
    public async Task Requests_that_are_answered_401_count()
    {
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireAuthorization().RequireLimitBeforeAuthentication("ip").RequireLimit("user"));
        var first = await app.SendAsync("/");
        Assert.Equal(401, first.Response.StatusCode);
        Assert.Equal("\"ip\";r=2;t=20", first.Response.Headers["RateLimit"]);
        Assert.Equal("\"ip\";q=3;w=60, \"user\";q=2;w=60", first.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(401, await app.StatusAsync("/"));
        Assert.Equal(401, await app.StatusAsync("/"));

        var refused = await app.SendAsync("/", headers: ("Let-In", "alice"));
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Contains("\"policy\":\"ip\"", await App.BodyOf(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_at_the_endpoint_gives_back_what_was_charged_before()
    {
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireAuthorization().RequireLimitBeforeAuthentication("ip").RequireLimit("user"));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Let-In", "alice")));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Let-In", "alice")));
        for (var i = 0; i < 5; i++)
            Assert.Contains(
                "\"policy\":\"user\"", await App.BodyOf(await app.SendAsync("/", headers: ("Let-In", "alice"))), StringComparison.Ordinal);
        Assert.Equal(1, await app.RemainingAsync("ip"));
    }

    [Fact]
    public async Task Each_limit_is_asked_once()
    {
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimitBeforeAuthentication("ip").RequireLimit("places"));
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal(2, await app.RemainingAsync("ip"));
        Assert.Equal(1, await app.RemainingAsync("places"));
    }

    [Fact]
    public async Task An_application_that_does_not_ask_them_does_not_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimitBeforeAuthentication("ip"), options => options.Policies["ip"] = App.Policy()));
        Assert.Equal(
            "RequireLimit(\"ip\") of 'HTTP: GET /' is to be asked before authentication: it must be asked by "
                + "app.UseLimitsBeforeAuthentication(), called after UseRouting and before UseAuthentication.",
            wrong.Message);
    }

    [Fact]
    public async Task Nobody_is_known_before_authentication()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => StartAsync(web => web.MapGet("/", () => "x").RequireLimitBeforeAuthentication("user")));
        Assert.Equal(
            "Limiter:Policies:user:Key is 'user': it must not count by user, because 'HTTP: GET /' has it asked before anybody is "
            + "authenticated.", wrong.Message);
    }

    [Theory]
    [InlineData("limits routing authentication authorization", "called before UseRouting()")]
    [InlineData("routing authentication limits authorization", "called after UseAuthentication()")]
    [InlineData("routing authorization limits authentication", "called after UseAuthorization()")]
    [InlineData("routing limits authorization",
        "in an application that does not call UseAuthentication(), which a web application then puts first")]
    [InlineData("routing limits authentication",
        "in an application that does not call UseAuthorization(), which a web application then puts first")]
    [InlineData("limits", "in an application that does not call UseAuthentication(), which a web application then puts first")]
    public async Task Where_they_would_be_asked_too_late_the_start_says_so(string order, string what)
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => StartInOrderAsync(order));
        Assert.StartsWith($"UseLimitsBeforeAuthentication() is {what}: it must be called after ", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("routing limits authentication authorization")]
    [InlineData("limits authentication authorization")] // a web application puts routing first
    public async Task Where_they_are_asked_in_time_wrong_credentials_count(string order)
    {
        await using var app = await StartInOrderAsync(order);
        Assert.Equal(
            (401, 401, 401, 429),
            (await app.StatusAsync("/"), await app.StatusAsync("/"), await app.StatusAsync("/"), await app.StatusAsync("/")));
    }

    private static Task<App> StartInOrderAsync(string order) => StartAsync(
        web => web.MapGet("/", () => "x").RequireAuthorization().RequireLimitBeforeAuthentication("ip"),
        web =>
        {
            foreach (var middleware in order.Split(' '))
            {
                _ = middleware switch
                {
                    "routing" => web.UseRouting(),
                    "limits" => web.UseLimitsBeforeAuthentication(),
                    "authentication" => web.UseAuthentication(),
                    _ => web.UseAuthorization(),
                };
            }
        });

    private static Task<App> StartAsync(Action<WebApplication> map) => StartAsync(map, web =>
    {
        web.UseRouting();
        web.UseLimitsBeforeAuthentication();
        web.UseAuthentication();
        web.UseAuthorization();
    });

    private static Task<App> StartAsync(Action<WebApplication> map, Action<WebApplication> pipeline) => App.StartAsync(
        web =>
        {
            pipeline(web);
            map(web);
        },
        options =>
        {
            options.Policies["ip"] = App.Policy();
            options.Policies["user"] = App.Policy(2, "user");
            options.Policies["places"] = App.Policy(1, algorithm: Algorithm.Concurrency);
        },
        configure: services =>
        {
            services.AddAuthorization();
            services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, HeaderScheme>("test", null);
        });

    /// <summary>Whoever says who they are in a header is that.</summary>
    private sealed class HeaderScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["Let-In"] is [{ } user]
            ? AuthenticateResult.Success(new AuthenticationTicket(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", user)], "test")), "test"))
            : AuthenticateResult.NoResult());
    }
}
