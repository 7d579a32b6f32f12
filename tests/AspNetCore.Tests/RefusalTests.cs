using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>
/// How a refusal is told: the wait that holds, in the caller's own protocol, and in the application's own words where it has some.
/// </summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task Of_stacked_limits_that_would_refuse_now_the_longest_wait_is_told()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("short").RequireLimit("long").RequireLimit("free"),
            Policies(("short", Policy(1, seconds: 2)), ("long", Policy(1, seconds: 50)), ("free", Policy(9, seconds: 60))));
        Assert.Equal(200, await app.StatusAsync("/"));

        var refused = await app.SendAsync("/");

        Assert.Equal("50", refused.Response.Headers.RetryAfter);
        Assert.Equal("\"long\";r=0;t=50", refused.Response.Headers["RateLimit"]);
        Assert.Equal("\"short\";q=1;w=2, \"long\";q=1;w=50, \"free\";q=9;w=60", refused.Response.Headers["RateLimit-Policy"]);
        var body = await App.BodyOf(refused);
        Assert.Contains("\"violated-policies\":[\"short\",\"long\"],\"policy\":\"long\"", body, StringComparison.Ordinal);
        Assert.Contains("\"retryAfterMs\":50000", body, StringComparison.Ordinal);

        // What is told holds: a millisecond earlier it is refused, then it is admitted.
        app.Clock.Advance(TimeSpan.FromMilliseconds(49_999));
        Assert.Equal(429, await app.StatusAsync("/"));
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal(8, await app.RemainingAsync("free"));
    }

    [Fact]
    public async Task No_cache_may_keep_what_a_limit_answered_unless_the_endpoint_says_so_of_an_answer_of_its_own()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                web.MapGet("/", () => "x").RequireLimit("a");
                web.MapGet("/kept", (HttpContext context) => context.Response.Headers.CacheControl = "public, max-age=60")
                    .RequireLimit("b");
            },
            Policies(("a", App.Policy(1)), ("b", App.Policy(1))));
        Assert.Equal("no-store", (await app.SendAsync("/")).Response.Headers.CacheControl);
        Assert.Equal("no-store", (await app.SendAsync("/")).Response.Headers.CacheControl);
        Assert.Equal("public, max-age=60", (await app.SendAsync("/kept")).Response.Headers.CacheControl);
        Assert.Equal("no-store", (await app.SendAsync("/kept")).Response.Headers.CacheControl);
    }

    [Fact]
    public async Task An_application_writes_refusals_of_its_own()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                var group = web.MapGroup("/").RequireLimit("a")
                    .WriteLimitRefusal((context, refusal) => Page(context, $"group {refusal.Answer.Policy.Name}"));
                group.MapGet("/group", () => "x");
                group.MapGet("/own", () => "x")
                    .WriteLimitRefusal((context, refusal) => Page(context, $"wait {refusal.Problem.RetryAfterMs}"));
                group.MapGet("/usual", () => "x").WriteLimitRefusal((context, refusal) => refusal.WriteAsync(context));
            },
            Policies(("a", App.Policy(1))));
        Assert.Equal(200, await app.StatusAsync("/group"));

        foreach (var (path, text) in ((string, string)[])[("/group", "<p>group a</p>"), ("/own", "<p>wait 60000</p>")])
        {
            var refused = await app.SendAsync(path);
            Assert.Equal((429, "text/html", "60", "\"a\";r=0;t=60", "no-store"), (
                refused.Response.StatusCode, refused.Response.ContentType, (string?)refused.Response.Headers.RetryAfter,
                    (string?)refused.Response.Headers["RateLimit"],
                (string?)refused.Response.Headers.CacheControl));
            Assert.Equal(text, await App.BodyOf(refused));
        }

        Assert.Equal("application/problem+json", (await app.SendAsync("/usual")).Response.ContentType);
    }

    [Fact]
    public async Task A_listener_that_writes_the_response_has_written_it()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("a").OnLimitRefused(async (context, _) => await Page(context, "mine")),
            Policies(("a", App.Policy(1))));
        Assert.Equal(200, await app.StatusAsync("/"));

        var refused = await app.SendAsync("/");

        Assert.Equal((429, "60", "<p>mine</p>"),
            (refused.Response.StatusCode, (string?)refused.Response.Headers.RetryAfter, await App.BodyOf(refused)));
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    public async Task A_gRPC_caller_is_told_that_a_resource_is_exhausted_and_for_how_long(string mediaType)
    {
        await using var app = await App.StartAsync(
            web => web.MapPost("/shop.Sales/Buy", () => "x").RequireLimit("a"), Policies(("a", App.Policy(1))));
        Assert.Equal(200, (await Call()).Response.StatusCode);
        app.Clock.Advance(TimeSpan.FromMilliseconds(500));

        var refused = await Call();

        Assert.Equal((200, "application/grpc", "8", "59500", "60"), (
            refused.Response.StatusCode, refused.Response.ContentType, (string?)refused.Response.Headers["grpc-status"],
                (string?)refused.Response.Headers["grpc-retry-pushback-ms"],
            (string?)refused.Response.Headers.RetryAfter));
        Assert.Equal("Rate limit exceeded. Try again in 60 seconds.", refused.Response.Headers["grpc-message"]);
        Assert.Empty(await App.BodyOf(refused));

        Task<HttpContext> Call() => app.SendAsync("/shop.Sales/Buy", method: "POST", headers: ("Content-Type", mediaType));
    }

    [Fact]
    public async Task A_gRPC_caller_is_not_answered_by_an_applications_own_page()
    {
        await using var app = await App.StartAsync(
            web => web.MapPost("/", () => "x").RequireLimit("a").WriteLimitRefusal((context, _) => Page(context, "later")),
            Policies(("a", App.Policy(1))));
        Assert.Equal(200, (await app.SendAsync("/", method: "POST")).Response.StatusCode);

        var call = await app.SendAsync("/", method: "POST", headers: ("Content-Type", "application/grpc"));
        var other = await app.SendAsync("/", method: "POST", headers: ("Content-Type", "application/grpc-web"));

        Assert.Equal((200, "8", ""), (call.Response.StatusCode, (string?)call.Response.Headers["grpc-status"], await App.BodyOf(call)));
        Assert.Equal((429, "<p>later</p>"), (other.Response.StatusCode, await App.BodyOf(other)));
    }

    [Fact]
    public async Task A_gRPC_caller_of_a_limit_that_cannot_be_decided_is_told_so()
    {
        var deny = App.Policy();
        deny.OnUnavailable = OnUnavailable.Deny;
        await using var app = await App.StartAsync(
            web => web.MapPost("/shop.Sales/Buy", () => "x").RequireLimit("a"),
            Policies(("a", deny)),
            configure: services =>
                services.AddSingleton<ILimitEngine>(
                provider =>
                new TestRemote(provider.GetRequiredService<TimeProvider>())
                {
                    Before = (_, _) =>
                EngineReply.Failed(EngineFault.Unavailable)
                }));
        var refused = await app.SendAsync("/shop.Sales/Buy", method: "POST", headers: ("Content-Type", "application/grpc"));
        Assert.Equal("14", refused.Response.Headers["grpc-status"]);
    }

    private static Action<LimiterOptions> Policies(params (string Name, PolicyOptions Policy)[] policies) => options =>
    {
        foreach (var (name, policy) in policies)
            options.Policies[name] = policy;
    };

    private static PolicyOptions Policy(long limit, int seconds) =>
        new() { Algorithm = Algorithm.TokenBucket, Limit = limit, Window = TimeSpan.FromSeconds(seconds), Key = "ip" };

    private static Task Page(HttpContext context, string text)
    {
        context.Response.ContentType = "text/html";
        return context.Response.WriteAsync($"<p>{text}</p>");
    }
}
