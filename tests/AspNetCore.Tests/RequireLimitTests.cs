using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Tenants;
using Xunit;


namespace OrleansLimiter.AspNetCore.Tests;

public sealed class RequireLimitTests
{
    private const string KeyOfOne = "the-key-of-one-tenant-0123456789";
    private const string KeyOfOther = "the-key-of-another-tenant-012345";

    private static Action<LimiterOptions> Policies(params (string Name, PolicyOptions Policy)[] policies) => options =>
    {
        foreach (var (name, policy) in policies)
            options.Policies[name] = policy;
    };

    [Fact]
    public async Task A_request_over_the_limit_is_answered_429_with_problem_details_and_does_not_reach_the_endpoint()
    {
        var reached = 0;
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => ++reached).RequireLimit("a"), Policies(("a", App.Policy())));

        for (var i = 2; i >= 0; i--)
        {
            var admitted = await app.SendAsync("/");
            Assert.Equal(200, admitted.Response.StatusCode);
            Assert.Equal("\"a\";q=3;w=60", admitted.Response.Headers["RateLimit-Policy"]);
            Assert.Equal($"\"a\";r={i};t=20", admitted.Response.Headers["RateLimit"]);
            Assert.False(admitted.Response.Headers.ContainsKey("Retry-After"));
        }

        app.Clock.Advance(TimeSpan.FromMilliseconds(500));
        var refused = await app.SendAsync("/");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("20", refused.Response.Headers.RetryAfter);
        Assert.Equal("application/problem+json", refused.Response.ContentType);
        Assert.Equal("\"a\";r=0;t=20", refused.Response.Headers["RateLimit"]);
        Assert.Equal(
            """{"type":"https://iana.org/assignments/http-problem-types#quota-exceeded","title":"Quota Exceeded","status":"""
                + """429,"detail":"Rate limit exceeded. Try again in 20 seconds.","message":"Rate limit exceeded. Try again in 20 """
                + """seconds.","violated-policies":["a"],"policy":"a","source":"memory","retryAfterMs":19500}""",
            await App.BodyOf(refused));
        Assert.Equal(3, reached);

        app.Clock.Advance(TimeSpan.FromMilliseconds(19_499));
        Assert.Equal(429, await app.StatusAsync("/"));
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, await app.StatusAsync("/"));
    }

    [Fact]
    public async Task Addresses_count_apart_and_an_IPv6_network_as_one()
    {
        await using var app = await App.StartAsync(web => web.MapGet("/", () => "x").RequireLimit("a"), Policies(("a", App.Policy(1))));
        Assert.Equal(200, await app.StatusAsync("/", "203.0.113.7"));
        Assert.Equal(429, await app.StatusAsync("/", "::ffff:203.0.113.7"));
        Assert.Equal(200, await app.StatusAsync("/", "203.0.113.8"));
        Assert.Equal(200, await app.StatusAsync("/", "2001:db8::1"));
        Assert.Equal(429, await app.StatusAsync("/", "2001:db8::ffff:1"));
        Assert.Equal(200, await app.StatusAsync("/", "2001:db8:0:1::1"));
    }

    [Fact]
    public async Task Own_routes_count_under_a_tenant_that_no_caller_can_name()
    {
        await using var app = await App.StartAsync(web => web.MapGet("/", () => "x").RequireLimit("a"), Policies(("a", App.Policy(1))));
        await app.SendAsync("/");
        var own = app.Service.HandleFor(Tenant.Own, PolicyOf(app, "a"));
        var answer = await app.Service.ExecuteAsync(
            own, SubjectKey.Of(own.Scope, "203.0.113.7"), Operation.Peek, Permits.Zero,
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("~app", own.Scope.Tenant);
        Assert.Equal(0, answer.Decision.Remaining);
    }

    [Fact]
    public async Task A_cost_takes_as_many_permits()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("a", cost: 2), Policies(("a", App.Policy())));
        Assert.Equal(200, await app.StatusAsync("/"));
        var refused = await app.SendAsync("/");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"a\";r=1;t=20", refused.Response.Headers["RateLimit"]);
    }

    [Fact]
    public async Task A_group_and_an_endpoint_stack_and_all_policies_are_told_with_the_tightest()
    {
        await using var app = await App.StartAsync(
            web => web.MapGroup("/g").RequireLimit("wide").MapGet("/x", () => "x").RequireLimit("tight").RequireLimit("middle"),
            Policies(("wide", App.Policy(9)), ("tight", App.Policy(2)), ("middle", App.Policy(5))));
        var answer = await app.SendAsync("/g/x");
        Assert.Equal(200, answer.Response.StatusCode);
        Assert.Equal("\"wide\";q=9;w=60, \"tight\";q=2;w=60, \"middle\";q=5;w=60", answer.Response.Headers["RateLimit-Policy"]);
        Assert.Equal("\"tight\";r=1;t=30", answer.Response.Headers["RateLimit"]);
    }

    [Fact]
    public async Task Every_endpoint_of_a_group_shares_its_limit_and_endpoints_outside_do_not_have_it()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                var group = web.MapGroup("/g").RequireLimit("a");
                group.MapGet("/x", () => "x");
                group.MapGroup("/h").MapGet("/y", () => "y");
                web.MapGet("/free", () => "z");
            },
            Policies(("a", App.Policy(2))));
        Assert.Equal(200, await app.StatusAsync("/g/x"));
        Assert.Equal(200, await app.StatusAsync("/g/h/y"));
        Assert.Equal(429, await app.StatusAsync("/g/x"));
        var free = await app.SendAsync("/free");
        Assert.Equal(200, free.Response.StatusCode);
        Assert.False(free.Response.Headers.ContainsKey("RateLimit"));
    }

    [Fact]
    public async Task A_refusal_by_an_earlier_limit_names_the_later_ones_too()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second"),
            Policies(("first", App.Policy(1)), ("second", App.Policy(10))));
        Assert.Equal(200, await app.StatusAsync("/"));

        var refused = await app.SendAsync("/");

        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"first\";q=1;w=60, \"second\";q=10;w=60", refused.Response.Headers["RateLimit-Policy"]);
        Assert.Equal("\"first\";r=0;t=60", refused.Response.Headers["RateLimit"]);
        Assert.Equal(9, await Remaining(app, "second"));
    }

    [Fact]
    public async Task When_a_later_limit_refuses_the_earlier_ones_get_their_permits_back()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second").RequireLimit("last"),
            Policies(
                ("first", App.Policy(10)), ("second", App.Policy(10, algorithm: Algorithm.SlidingWindowLog)), ("last", App.Policy(1))));
        Assert.Equal(200, await app.StatusAsync("/"));
        for (var i = 0; i < 20; i++)
        {
            var refused = await app.SendAsync("/");
            Assert.Equal(429, refused.Response.StatusCode);
            Assert.Equal("\"last\";r=0;t=60", refused.Response.Headers["RateLimit"]);
            Assert.Equal("\"first\";q=10;w=60, \"second\";q=10;w=60, \"last\";q=1;w=60", refused.Response.Headers["RateLimit-Policy"]);
            Assert.Contains("\"policy\":\"last\"", await App.BodyOf(refused), StringComparison.Ordinal);
        }

        Assert.Equal(9, await Remaining(app, "first"));
        Assert.Equal(9, await Remaining(app, "second"));
    }

    [Fact]
    public async Task A_leaky_bucket_is_asked_last_because_it_takes_nothing_back()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("leaky").RequireLimit("bucket"),
            Policies(("leaky", App.Policy(10, algorithm: Algorithm.LeakyBucket)), ("bucket", App.Policy(1))));
        Assert.Equal(200, await app.StatusAsync("/"));
        for (var i = 0; i < 5; i++)
            Assert.Equal(429, await app.StatusAsync("/"));
        Assert.Equal(9, await Remaining(app, "leaky"));
    }

    [Fact]
    public async Task A_place_is_held_while_the_request_runs_and_free_when_it_has_ended()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var leave = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await App.StartAsync(
            web => web.MapGet("/", async () =>
            {
                entered.TrySetResult();
                await leave.Task;
            }).RequireLimit("places"),
            Policies(("places", App.Policy(1, algorithm: Algorithm.Concurrency))));

        var first = app.SendAsync("/");
        await entered.Task;
        var refused = await app.SendAsync("/");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"places\";q=1;qu=\"concurrent-requests\"", refused.Response.Headers["RateLimit-Policy"]);
        leave.SetResult();
        Assert.Equal(200, (await first).Response.StatusCode);
        Assert.Equal(1, await Remaining(app, "places"));
        Assert.Equal(200, await app.StatusAsync("/"));
    }

    [Fact]
    public async Task A_place_is_free_after_a_failure_too_and_the_headers_are_still_told()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                web.UseExceptionHandler(handler => handler.Run(_ => Task.CompletedTask));
                web.MapGet("/", string () => throw new InvalidOperationException("The endpoint fails.")).RequireLimit("places")
                    .RequireLimit("a");
            },
            Policies(("places", App.Policy(1, algorithm: Algorithm.Concurrency)), ("a", App.Policy())));
        var failed = await app.SendAsync("/");
        Assert.Equal(500, failed.Response.StatusCode);
        Assert.Equal("\"places\";q=1;qu=\"concurrent-requests\", \"a\";q=3;w=60", failed.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(1, await Remaining(app, "places"));
        Assert.Equal(2, await Remaining(app, "a"));
    }

    [Fact]
    public async Task A_place_is_given_up_when_a_later_limit_refuses()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("places").RequireLimit("a"),
            Policies(("places", App.Policy(1, algorithm: Algorithm.Concurrency)), ("a", App.Policy(1))));
        Assert.Equal(200, await app.StatusAsync("/"));
        for (var i = 0; i < 3; i++)
            Assert.Contains("\"policy\":\"a\"", await App.BodyOf(await app.SendAsync("/")), StringComparison.Ordinal);
        Assert.Equal(1, await Remaining(app, "places"));
    }

    [Fact]
    public async Task A_handler_gives_a_permit_back_once()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", async (HttpContext context) =>
            {
                await context.GetRequestLimits()!.RefundAsync("a");
                await context.GetRequestLimits()!.RefundAsync("a");
            }).RequireLimit("a").RequireLimit("b"),
            Policies(("a", App.Policy()), ("b", App.Policy())));
        var answer = await app.SendAsync("/");
        Assert.Equal(200, answer.Response.StatusCode);
        Assert.Equal(3, await Remaining(app, "a"));
        Assert.Equal(2, await Remaining(app, "b"));
        Assert.Equal("\"b\";r=2;t=20", answer.Response.Headers["RateLimit"]);
    }

    [Fact]
    public async Task A_refused_request_is_answered_before_its_body_is_read()
    {
        await using var app = await App.StartAsync(
            web => web.MapPost("/", (Dictionary<string, string> body) => body.Count).RequireLimit("a"),
            Policies(("a", App.Policy(1))));
        Assert.Equal(400, (await app.SendAsync("/", method: "POST")).Response.StatusCode);
        Assert.Equal(429, (await app.SendAsync("/", method: "POST")).Response.StatusCode);
    }

    [Fact]
    public async Task A_short_circuited_endpoint_and_a_filtered_one_are_limited_too()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                web.MapGet("/short", () => "x").RequireLimit("a").ShortCircuit();
                web.MapGet("/filtered", () => "x").AddEndpointFilter((context, next) => next(context)).RequireLimit("a");
                web.Map("/delegate", context => context.Response.WriteAsync("x")).RequireLimit("a");
            },
            Policies(("a", App.Policy(3))));
        Assert.Equal(200, await app.StatusAsync("/short"));
        Assert.Equal(200, await app.StatusAsync("/filtered"));
        Assert.Equal(200, await app.StatusAsync("/delegate"));
        Assert.Equal(429, await app.StatusAsync("/short"));
        Assert.Equal(429, await app.StatusAsync("/filtered"));
        Assert.Equal(429, await app.StatusAsync("/delegate"));
    }

    [Fact]
    public async Task Users_count_apart_at_one_address_and_strangers_by_address()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("a"), Policies(("a", App.Policy(1, "user"))));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Test-User", "alice")));
        Assert.Equal(429, await app.StatusAsync("/", "203.0.113.8", ("Test-User", "alice")));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("Test-User", "bob")));
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal(429, await app.StatusAsync("/"));
        Assert.Equal(200, await app.StatusAsync("/", "203.0.113.8"));
    }

    [Fact]
    public async Task Tenants_count_by_the_API_key_and_unknown_keys_together()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("a"), Policies(("a", App.Policy(1, "tenant"))),
            [.. App.TenantsWithKeys(KeyOfOne, KeyOfOther), ("Limiter:PublicTenant:Enabled", "true")]);
        Assert.Equal(200, await app.StatusAsync("/", headers: ("X-Api-Key", KeyOfOne)));
        Assert.Equal(429, await app.StatusAsync("/", headers: ("X-Api-Key", KeyOfOne)));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("X-Api-Key", KeyOfOther)));
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal(200, await app.StatusAsync("/", headers: ("X-Api-Key", "nobody")));
        Assert.Equal(429, await app.StatusAsync("/", headers: ("X-Api-Key", "somebody")));
    }

    [Fact]
    public async Task Route_values_count_apart()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/sales/{id}", (string id) => id).RequireLimit("a"), Policies(("a", App.Policy(1, "route:id+ip"))));
        Assert.Equal(200, await app.StatusAsync("/sales/1"));
        Assert.Equal(429, await app.StatusAsync("/sales/1"));
        Assert.Equal(200, await app.StatusAsync("/sales/2"));
    }

    [Fact]
    public async Task An_engine_that_cannot_decide_is_503_where_the_policy_denies_and_never_429()
    {
        var deny = App.Policy();
        deny.OnUnavailable = OnUnavailable.Deny;
        var allow = App.Policy();
        allow.OnUnavailable = OnUnavailable.Allow;
        await using var app = await App.StartAsync(
            web =>
            {
                web.MapGet("/deny", () => "x").RequireLimit("deny");
                web.MapGet("/allow", () => "x").RequireLimit("allow");
            },
            Policies(("deny", deny), ("allow", allow)),
            configure: services => services.AddSingleton<ILimitEngine>(new BrokenEngine()));

        var denied = await app.SendAsync("/deny");
        Assert.Equal(503, denied.Response.StatusCode);
        Assert.Equal("2", denied.Response.Headers.RetryAfter);
        Assert.False(denied.Response.Headers.ContainsKey("RateLimit"));
        Assert.Equal(
            """{"type":"https://iana.org/assignments/http-problem-types#temporary-reduced-capacity","title":"Temporary Reduced """
                + """Capacity","status":503,"detail":"The limit cannot be decided at the moment. Try again in 2 seconds.","message":"The"""
                + """ limit cannot be decided at the moment. Try again in 2 seconds.","policy":"deny","source":"cluster","retryAfterMs":"""
                + """1500}""",
            await App.BodyOf(denied));
        Assert.Equal(200, await app.StatusAsync("/allow"));
    }

    [Fact]
    public async Task The_old_headers_come_by_option_only()
    {
        await using var plain = await App.StartAsync(web => web.MapGet("/", () => "x").RequireLimit("a"), Policies(("a", App.Policy())));
        Assert.DoesNotContain((await plain.SendAsync("/")).Response.Headers, header =>
            header.Key.StartsWith("X-RateLimit", StringComparison.Ordinal));

        await using var old = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("a"), Policies(("a", App.Policy())), [("Limiter:LegacyHeaders", "true")]);
        var headers = (await old.SendAsync("/")).Response.Headers;
        Assert.Equal("3 2 20", $"{headers["X-RateLimit-Limit"]} {headers["X-RateLimit-Remaining"]} {headers["X-RateLimit-Reset"]}");
    }

    [Theory]
    [InlineData("nope", null, "RequireLimit(\"nope\") of 'HTTP: GET /x/{id}' is no policy: it must name one of ")]
    [InlineData("a", null,
        "Limiter:Policies:a:Key is not set: it must be a key recipe as in ip or user+ip, because 'HTTP: GET /x/{id}' requires the policy.")]
    [InlineData("a", "ip+body",
        "Limiter:Policies:a:Key is 'ip+body': it must be one or more of ip, user, tenant, claim:<type>, header:<name> and route:<name>, "
            + "each at most once, joined by +.")]
    [InlineData("a", "route:sale",
        "Limiter:Policies:a:Key is 'route:sale': it must name values of the route only, and 'HTTP: GET /x/{id}' has no {sale}.")]
    public async Task A_limit_that_cannot_work_ends_the_start(string required, string? key, string message)
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => App.StartAsync(
                web => web.MapGet("/x/{id}", (string id) => id).RequireLimit(required), Policies(("a", App.Policy(key: key)))));
        Assert.StartsWith(message, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cost_above_the_capacity_ends_the_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => App.StartAsync(web => web.MapGet("/", () => "x").RequireLimit("a", cost: 4), Policies(("a", App.Policy()))));
        Assert.Equal("RequireLimit(\"a\") of 'HTTP: GET /' is cost 4: it must be at most the policy's capacity, 3.", wrong.Message);
    }

    [Fact]
    public async Task A_wrong_recipe_ends_the_start_even_where_no_endpoint_uses_it()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => App.StartAsync(_ => { }, Policies(("unused", App.Policy(key: "email")))));
        Assert.StartsWith("Limiter:Policies:unused:Key is 'email': it must be", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_limiter_an_endpoint_that_requires_a_limit_says_what_is_missing()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGet("/", () => "x").RequireLimit("a");
        var wrong = Assert.Throws<InvalidOperationException>(
            () => ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)app).DataSources.Single().Endpoints);
        Assert.Equal(
            "The endpoint 'HTTP: GET /' requires a limit, but there is no limiter: call builder.AddOrleansLimiter().", wrong.Message);
    }

    private static Policy PolicyOf(App app, string name) =>
        app.Policies.TryGet(name, out var policy) ? policy : throw new ArgumentException(name);

    private static Task<long> Remaining(App app, string policy) => app.RemainingAsync(policy);

    /// <summary>An engine that never decides.</summary>
    private sealed class BrokenEngine : ILimitEngine
    {
        public string Source => "cluster";

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken) =>
            new(EngineReply.Failed(new EngineFault(EngineFaultKind.Unavailable, Wait.OfMicroseconds(1_500_000))));
    }
}
