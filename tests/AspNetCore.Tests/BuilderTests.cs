using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A limit holds on whatever kind of endpoint it is required of, or the start says why it cannot.</summary>
public sealed class BuilderTests
{
    [Fact]
    public async Task A_builder_without_Finally_is_limited_by_all_its_limits()
    {
        await using var app = await App.StartWideAndTightAsync(web =>
        {
            var proxy = new OldEndpoints(serviceProvider: web.Services);
            ((IEndpointRouteBuilder)web).DataSources.Add(proxy);
            proxy.RequireLimit("wide").RequireLimit("tight");
        });
        Assert.Equal(200, await app.StatusAsync("/old"));
        var refused = await app.SendAsync("/old");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"wide\";q=9;w=60, \"tight\";q=1;w=60", refused.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_group_adds_its_limit_to_an_endpoint_that_has_its_own()
    {
        await using var app = await App.StartWideAndTightAsync(web =>
        {
            var group = web.MapGroup("/g");
            var proxy = new OldEndpoints(serviceProvider: web.Services);
            ((IEndpointRouteBuilder)group).DataSources.Add(proxy);
            proxy.RequireLimit("wide");
            group.RequireLimit("tight");
        });
        Assert.Equal(200, await app.StatusAsync("/g/old"));
        Assert.Equal(429, await app.StatusAsync("/g/old"));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_builder_that_knows_of_no_services_is_limited_too()
    {
        await using var app = await App.StartWideAndTightAsync(web =>
        {
            var assets = new OldEndpoints(serviceProvider: null);
            ((IEndpointRouteBuilder)web).DataSources.Add(assets);
            assets.RequireLimit("tight");
        });
        Assert.Equal(200, await app.StatusAsync("/old"));
        Assert.Equal(429, await app.StatusAsync("/old"));
    }

    [Fact]
    public async Task A_wrong_limit_of_such_a_builder_ends_the_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => App.StartWideAndTightAsync(web =>
        {
            var assets = new OldEndpoints(serviceProvider: null);
            ((IEndpointRouteBuilder)web).DataSources.Add(assets);
            assets.RequireLimit("nope");
        }));
        Assert.StartsWith("RequireLimit(\"nope\") of 'old' is no policy: it must name one of ", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_that_only_finds_a_controller_cannot_be_limited_and_the_start_says_so()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => App.StartWideAndTightAsync(
            web => web.MapFallbackToController("Index", "Limited").RequireLimit("tight"), services =>
                services.AddControllers().AddApplicationPart(typeof(LimitedController).Assembly)));
        Assert.StartsWith(
            "RequireLimit(\"tight\") of 'Fallback {*path:nonfile}' is on a route that only finds a controller or a page: it must be "
            + "required of what is found", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Controllers_are_limited()
    {
        await using var app = await App.StartWideAndTightAsync(
            web => web.MapControllers().RequireLimit("tight"), services =>
                services.AddControllers().AddApplicationPart(typeof(LimitedController).Assembly));
        Assert.Equal(200, await app.StatusAsync("/limited"));
        Assert.Equal(429, await app.StatusAsync("/limited"));
    }

    [Theory]
    [InlineData("Tight")]
    [InlineData("TIGHT")]
    public async Task A_policy_may_be_named_as_in_configuration_with_upper_case(string name)
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit(name),
            settings: [("Limiter:Policies:Tight:Algorithm", "tokenBucket"), ("Limiter:Policies:Tight:Limit", "1"),
                ("Limiter:Policies:Tight:Window", "60s"), ("Limiter:Policies:Tight:Key", "ip")]);
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal("\"tight\";r=0;t=60", (await app.SendAsync("/")).Response.Headers["RateLimit"]);
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task An_application_has_the_policies_that_it_names_and_no_others(string environment)
    {
        await using var app = await App.StartWideAndTightAsync(
            web => web.MapGet("/", () => "x").RequireLimit("tight"), environment: environment);
        Assert.Equal(["tight", "wide"], app.Policies.All.Select(policy => policy.Name));
    }

    [Fact]
    public async Task A_policy_that_code_names_in_mixed_case_is_required_by_that_name()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("MixedCode"), options => options.Policies["MixedCode"] = App.Policy(1));

        Assert.Equal((200, 429), (await app.StatusAsync("/"), await app.StatusAsync("/")));
        Assert.Equal("\"mixedcode\";q=1;w=60", (await app.SendAsync("/")).Response.Headers["RateLimit-Policy"]);
    }

    /// <summary>
    /// One endpoint, <c>/old</c>, of a builder as there were before .NET 7: conventions are applied to what has something to run, and
    /// nothing comes finally.
    /// </summary>
    private sealed class OldEndpoints(IServiceProvider? serviceProvider) : EndpointDataSource, IEndpointConventionBuilder
    {
        private readonly List<Action<EndpointBuilder>> _conventions = [];
        private Endpoint[]? _endpoints;

        public override IReadOnlyList<Endpoint> Endpoints => _endpoints ??= [Build()];

        public void Add(Action<EndpointBuilder> convention) => _conventions.Add(convention);

        public override IChangeToken GetChangeToken() => new CancellationChangeToken(CancellationToken.None);

        private Endpoint Build()
        {
            RequestDelegate run = context => context.Response.WriteAsync("old");
            var pattern = RoutePatternFactory.Parse("/old");
            var builder = serviceProvider is null
                ? new RouteEndpointBuilder(run, pattern, order: 0) { DisplayName = "old" }
                : new RouteEndpointBuilder(run, pattern, order: 0) { DisplayName = "old", ApplicationServices = serviceProvider };
            foreach (var convention in _conventions)
                convention(builder);
            return builder.Build();
        }
    }
}

/// <summary>A controller to be limited.</summary>
[ApiController]
public sealed class LimitedController : ControllerBase
{
    /// <summary>Says something.</summary>
    [HttpGet("/limited")]
    public IActionResult Index() => Ok("x");
}
