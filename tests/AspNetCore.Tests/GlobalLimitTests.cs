using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A limit of every request of an application, but of what is exempt.</summary>
public sealed class GlobalLimitTests
{
    [Fact]
    public async Task Every_request_counts_whatever_answers_it_but_what_is_exempt()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("three");
            web.Use((context, next) => context.Request.Path == "/file" ? context.Response.WriteAsync("file") : next(context));
            web.MapGet("/", () => "x");
            web.MapGet("/health", () => "well").ExemptFromGlobalLimit();
            web.MapGet("/attributed", [ExemptFromGlobalLimit] () => "well");
            web.MapGroup("/group").ExemptFromGlobalLimit().MapGet("/health", () => "well");
        });
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal(200, await app.StatusAsync("/file"));
        Assert.Equal(404, await app.StatusAsync("/nothing"));
        Assert.Equal((429, 429, 429), (await app.StatusAsync("/"), await app.StatusAsync("/file"), await app.StatusAsync("/nothing")));
        Assert.Equal(
            (200, 200, 200),
            (await app.StatusAsync("/health"), await app.StatusAsync("/attributed"), await app.StatusAsync("/group/health")));
        Assert.Equal(200, await app.StatusAsync("/", "203.0.113.8"));
    }

    [Fact]
    public async Task It_stacks_with_the_limits_of_endpoints_and_none_is_charged_where_one_refuses()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("three");
            web.MapGet("/tight", () => "x").RequireLimit("one");
            web.MapGet("/", () => "x").RequireLimit("wide");
        });
        var first = await app.SendAsync("/tight");
        Assert.Equal(200, first.Response.StatusCode);
        Assert.Equal("\"three\";q=3;w=60, \"one\";q=1;w=60", first.Response.Headers["RateLimit-Policy"]);
        Assert.Equal("\"one\";r=0;t=60", first.Response.Headers["RateLimit"]);

        var refused = await app.SendAsync("/tight");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"three\";q=3;w=60, \"one\";q=1;w=60", refused.Response.Headers["RateLimit-Policy"]);
        Assert.Contains("\"policy\":\"one\"", await App.BodyOf(refused), StringComparison.Ordinal);
        Assert.Equal(2, await app.RemainingAsync("three"));

        Assert.Equal((200, 200), (await app.StatusAsync("/"), await app.StatusAsync("/")));
        var globally = await app.SendAsync("/");
        Assert.Equal(429, globally.Response.StatusCode);
        Assert.Equal("\"three\";r=0;t=20", globally.Response.Headers["RateLimit"]);
        Assert.Equal(7, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task Several_stack()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("wide");
            web.UseGlobalLimit("one");
            web.MapGet("/", () => "x");
        });
        var passed = await app.SendAsync("/");
        Assert.Equal("\"wide\";q=9;w=60, \"one\";q=1;w=60", passed.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(429, await app.StatusAsync("/"));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_request_that_is_sent_through_the_pipeline_again_is_asked_once()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseExceptionHandler("/sorry");
            web.UseStatusCodePagesWithReExecute("/sorry");
            web.UseRouting();
            web.UseGlobalLimit("one");
            web.MapGet("/", string () => throw new InvalidOperationException("It fails."));
            web.MapGet("/sorry", () => "sorry");
        });
        var failed = await app.SendAsync("/");
        Assert.Equal((500, "sorry"), (failed.Response.StatusCode, await App.BodyOf(failed)));
        Assert.Equal(429, await app.StatusAsync("/"));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var missing = await app.SendAsync("/nothing");
        Assert.Equal((404, "sorry"), (missing.Response.StatusCode, await App.BodyOf(missing)));
    }

    [Fact]
    public async Task A_place_is_held_until_the_request_has_ended_and_free_where_an_endpoints_limit_refuses()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var leave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("places");
            web.MapGet("/", async () =>
            {
                entered.TrySetResult();
                await leave.Task;
            });
            web.MapGet("/tight", () => "x").RequireLimit("one");
        });
        Assert.Equal((200, 429), (await app.StatusAsync("/tight"), await app.StatusAsync("/tight")));
        Assert.Equal(1, await app.RemainingAsync("places"));
        var running = app.SendAsync("/");
        await entered.Task;
        Assert.Equal(429, await app.StatusAsync("/"));
        leave.SetResult();
        Assert.Equal(200, (await running).Response.StatusCode);
        Assert.Equal(1, await app.RemainingAsync("places"));
    }

    [Fact]
    public async Task Limits_before_authentication_and_those_of_endpoints_are_asked_once_each_around_it()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseRouting();
            web.UseLimitsBeforeAuthentication();
            web.UseGlobalLimit("three");
            web.MapGet("/", () => "x").RequireLimitBeforeAuthentication("wide").RequireLimit("places");
        });
        var passed = await app.SendAsync("/");
        Assert.Equal("\"wide\";q=9;w=60, \"places\";q=1;qu=\"concurrent-requests\", \"three\";q=3;w=60",
            passed.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(
            (8L, 2L, 1L), (await app.RemainingAsync("wide"), await app.RemainingAsync("three"), await app.RemainingAsync("places")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_it_is_called_says_whether_wrong_credentials_count(bool isBefore)
    {
        await using var app = await StartAsync(
            web =>
            {
                if (isBefore)
                    web.UseRouting();
                web.UseGlobalLimit("one");
                if (isBefore)
                    web.UseAuthentication().UseAuthorization();
                web.MapGet("/", () => "x").RequireAuthorization();
            },
            AddScheme);
        Assert.Equal((401, isBefore ? 429 : 401), (await app.StatusAsync("/"), await app.StatusAsync("/")));
    }

    [Fact]
    public async Task A_refusal_is_written_as_those_of_the_endpoint_are()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("one");
            web.MapGet("/page", () => "x")
                .WriteLimitRefusal((context, refusal) => context.Response.WriteAsync($"<p>{refusal.Answer.Policy.Name}</p>"));
            web.MapPost("/shop.Sales/Buy", () => "x");
        });
        Assert.Equal(200, await app.StatusAsync("/page"));
        var page = await app.SendAsync("/page");
        Assert.Equal(
            (429, "<p>one</p>", "60"), (page.Response.StatusCode, await App.BodyOf(page), page.Response.Headers.RetryAfter.ToString()));
        var call = await app.SendAsync("/shop.Sales/Buy", method: "POST", headers: ("Content-Type", "application/grpc"));
        Assert.Equal((200, "8"), (call.Response.StatusCode, (string?)call.Response.Headers["grpc-status"]));
    }

    [Fact]
    public async Task Who_is_counted_may_be_said_by_code()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("keyless", context => context.Request.Host.Host);
            web.MapGet("/", () => "x");
        });
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Host", "a.example")));
        Assert.Equal(429, await app.StatusAsync("/", "203.0.113.8", ("Host", "a.example")));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Host", "b.example")));
    }

    [Fact]
    public async Task Operations_are_described_as_limited_but_what_is_exempt()
    {
        await using var app = await StartAsync(
            web =>
            {
                web.UseGlobalLimit("one");
                web.MapGet("/free", () => "x");
                web.MapGet("/exempt", () => "x").ExemptFromGlobalLimit();
                web.MapGet("/both", () => "x").ExemptFromGlobalLimit().RequireLimit("one");
            },
            services => services.AddEndpointsApiExplorer());
        var described = app.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items
            .SelectMany(group => group.Items)
            .ToDictionary(
                item => item.RelativePath!, item => string.Join(' ', item.SupportedResponseTypes.Select(type => type.StatusCode).Order()));
        Assert.Equal(("200 429 503", "200", "200 429 503"), (described["free"], described["exempt"], described["both"]));
    }

    [Fact]
    public async Task A_short_circuited_endpoint_that_requires_it_itself_is_asked_once()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("one");
            web.MapGet("/robots.txt", () => "x").RequireLimit("One").ShortCircuit();
            web.MapGet("/free", () => "x").ExemptFromGlobalLimit().ShortCircuit();
        });
        Assert.Equal((200, 429), (await app.StatusAsync("/robots.txt"), await app.StatusAsync("/robots.txt")));
        Assert.Equal(200, await app.StatusAsync("/free"));
    }

    [Fact]
    public async Task What_would_not_be_asked_ends_the_start()
    {
        Assert.Equal(
            "UseGlobalLimit(\"one\") is not asked of 'HTTP: GET /robots.txt', which is short-circuited: it must be asked by the endpoint "
                + "itself, .RequireLimit(\"one\"), or the endpoint be exempt, .ExemptFromGlobalLimit().",
            await WrongAsync(web =>
            {
                web.UseGlobalLimit("one");
                web.MapGet("/robots.txt", () => "x").ShortCircuit();
            }));
        Assert.StartsWith(
            "UseGlobalLimit(\"one\") is not asked of ",
            await WrongAsync(web =>
            {
                web.UseGlobalLimit("one");
                web.MapShortCircuit(404, "favicon.ico");
            }),
            StringComparison.Ordinal);
        Assert.Equal(
            "UseGlobalLimit(\"one\") is called before UseRouting(): it must be called after it, because 'HTTP: GET /health' is exempt, "
                + "and before routing no endpoint is known.",
            await WrongAsync(web =>
            {
                web.UseGlobalLimit("one");
                web.UseRouting();
                web.MapGet("/health", () => "x").ExemptFromGlobalLimit();
            }));
    }

    [Fact]
    public async Task A_policy_that_cannot_work_ends_the_start()
    {
        Assert.Equal(
            "UseGlobalLimit(\"nope\") is no policy: it must name one of keyless, one, places, route, three, user, wide.",
            await WrongAsync(web => web.UseGlobalLimit("nope")));
        Assert.Equal(
            "Limiter:Policies:keyless:Key is not set: it must be a key recipe as in ip or user+ip, because UseGlobalLimit requires the "
                + "policy.",
            await WrongAsync(web => web.UseGlobalLimit("keyless")));
        Assert.Equal(
            "Limiter:Policies:route:Key is 'route:id': it must name values of the route only, and UseGlobalLimit has no {id}.",
            await WrongAsync(web => web.UseGlobalLimit("route")));
        Assert.Equal(
            "Limiter:Policies:user:Key is 'user': it must not count by user, because UseGlobalLimit is called before UseAuthentication().",
            await WrongAsync(
                web =>
                {
                    web.UseRouting();
                    web.UseGlobalLimit("user");
                    web.UseAuthentication();
                },
                AddScheme));
    }

    [Fact]
    public async Task Options_that_are_wrong_are_told_where_it_is_called() =>
        Assert.Equal(
            "Limiter:FrontEnds is 0: it must be a whole number from 1 to 10,000.",
            await WrongAsync(
                web => web.UseGlobalLimit("one"), services => services.Configure<LimiterOptions>(options => options.FrontEnds = 0)));

    [Fact]
    public async Task Without_the_limiter_it_says_what_is_missing()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        var wrong = Assert.Throws<InvalidOperationException>(() => app.UseGlobalLimit("one"));
        Assert.Equal("There is no limiter: call builder.AddOrleansLimiter().", wrong.Message);
    }

    [Fact]
    public async Task Users_count_where_they_are_known()
    {
        await using var app = await StartAsync(
            web =>
            {
                web.UseGlobalLimit("user");
                web.MapGet("/", () => "x");
            },
            AddScheme);
        Assert.Equal(
            (200, 429),
            (await app.StatusAsync("/", headers: ("Let-In", "alice")), await app.StatusAsync("/", "203.0.113.8", ("Let-In", "alice"))));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Let-In", "bob")));
    }

    private static void AddScheme(IServiceCollection services)
    {
        services.AddAuthorization();
        services.AddAuthentication("test").AddScheme<AuthenticationSchemeOptions, HeaderScheme>("test", null);
    }

    private static async Task<string> WrongAsync(Action<WebApplication> map, Action<IServiceCollection>? configure = null) =>
        (await Assert.ThrowsAsync<LimiterConfigurationException>(() => StartAsync(map, configure))).Message;

    private static Task<App> StartAsync(Action<WebApplication> map, Action<IServiceCollection>? configure = null) => App.StartAsync(
        map,
        options =>
        {
            options.Policies["wide"] = App.Policy(9);
            options.Policies["three"] = App.Policy();
            options.Policies["one"] = App.Policy(1);
            options.Policies["user"] = App.Policy(1, "user");
            options.Policies["route"] = App.Policy(1, "route:id");
            options.Policies["keyless"] = App.Policy(1, key: null);
            options.Policies["places"] = App.Policy(1, algorithm: Algorithm.Concurrency);
        },
        environment: "Production",
        configure: configure);

    /// <summary>Whoever says who they are in a header is that.</summary>
    private sealed class HeaderScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Headers["Let-In"] is [{ } user]
            ? AuthenticateResult.Success(
                new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", user)], "test")), "test"))
            : AuthenticateResult.NoResult());
    }
}
