using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.Routing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A limit that an attribute requires is asked as one that the endpoint's builder requires.</summary>
public sealed class RequireLimitAttributeTests
{
    [Fact]
    public async Task A_handler_of_a_minimal_api_is_limited()
    {
        await using var app = await StartAsync(web => web.MapGet("/", [RequireLimit("Tight")] () => "x"));
        Assert.Equal(200, await app.StatusAsync("/"));
        var refused = await app.SendAsync("/");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"tight\";q=1;w=60", refused.Response.Headers["RateLimit-Policy"]);
    }

    [Fact]
    public async Task An_action_is_under_its_controllers_limit_first_and_then_its_own()
    {
        await using var app = await StartAsync(
            web => web.MapControllers(),
            services => services.AddControllers()
                .ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new Found(typeof(AttributedController)))));
        Assert.Equal(200, await app.StatusAsync("/attributed/tight"));
        var refused = await app.SendAsync("/attributed/tight");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"wide\";q=9;w=60, \"tight\";q=1;w=60", refused.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(8, await app.RemainingAsync("wide"));

        Assert.Equal(200, await app.StatusAsync("/attributed/costly"));
        Assert.Equal(3, await app.RemainingAsync("wide"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_action_that_a_fallback_or_a_dynamic_route_finds_is_under_its_limits(bool isDynamic)
    {
        await using var app = await StartAsync(
            web =>
            {
                web.MapControllers();
                if (isDynamic)
                    web.MapDynamicControllerRoute<ToFound>("{**anything}");
                else
                    web.MapFallbackToController("Index", "Found");
            },
            services => services.AddSingleton(new ToFound("Found")).AddControllers()
                .ConfigureApplicationPartManager(
                    parts => parts.FeatureProviders.Add(new Found(typeof(FoundController), typeof(AttributedController)))));
        Assert.Equal((200, 429), (await app.StatusAsync("/some/where"), await app.StatusAsync("/some/where/else")));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_required_of_all_controllers_holds_for_one_that_a_fallback_or_a_dynamic_route_finds(bool isDynamic)
    {
        await using var app = await StartAsync(
            web =>
            {
                web.MapControllers().RequireLimit("tight");
                if (isDynamic)
                    web.MapDynamicControllerRoute<ToFound>("{**anything}");
                else
                    web.MapFallbackToController("Index", "Plain");
            },
            services => services.AddSingleton(new ToFound("Plain")).AddControllers()
                .ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new Found(typeof(PlainController)))));
        Assert.Equal((200, 429), (await app.StatusAsync("/some/where"), await app.StatusAsync("/some/where/else")));
    }

    [Fact]
    public async Task An_action_of_a_conventional_route_is_under_its_limits()
    {
        await using var app = await StartAsync(
            web => web.MapControllerRoute("default", "{controller}/{action=Index}"),
            services => services.AddControllers()
                .ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new Found(typeof(FoundController)))));
        Assert.Equal((200, 429), (await app.StatusAsync("/Found"), await app.StatusAsync("/Found/Index")));
    }

    [Fact]
    public async Task A_controllers_limit_by_a_route_value_holds_where_a_fallback_could_find_it_too()
    {
        await using var app = await App.StartAsync(
            web =>
            {
                web.MapControllers();
                web.MapFallbackToController("Index", "Plain");
            },
            options => options.Policies["each"] = App.Policy(1, "route:id"),
            configure: services => services.AddControllers()
                .ConfigureApplicationPartManager(
                    parts => parts.FeatureProviders.Add(new Found(typeof(EachController), typeof(PlainController)))));
        Assert.Equal(
            (200, 429, 200), (await app.StatusAsync("/each/1"), await app.StatusAsync("/each/1"), await app.StatusAsync("/each/2")));
    }

    [Fact]
    public async Task An_attribute_and_a_builder_stack_and_each_is_asked_once()
    {
        await using var app = await StartAsync(web => web.MapGet("/", [RequireLimit("wide")] () => "x").RequireLimit("tight"));
        Assert.Equal(200, await app.StatusAsync("/"));
        Assert.Equal((8L, 0L), (await app.RemainingAsync("wide"), await app.RemainingAsync("tight")));
        Assert.Equal(429, await app.StatusAsync("/"));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task Endpoints_without_the_attribute_are_not_limited()
    {
        await using var app = await StartAsync(web =>
        {
            web.MapGet("/free", () => "x");
            web.MapGet("/{limited}", [RequireLimit("tight")] (string limited) => limited);
        });
        Assert.Equal((200, 200), (await app.StatusAsync("/free"), await app.StatusAsync("/free")));
        Assert.Equal((200, 429), (await app.StatusAsync("/other"), await app.StatusAsync("/other")));
    }

    [Fact]
    public async Task It_may_be_asked_before_authentication()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseRouting();
            web.UseLimitsBeforeAuthentication();
            web.Use(App.Unauthorized);
            web.MapGet("/", [RequireLimit("tight", BeforeAuthentication = true)] () => "x");
        });
        Assert.Equal((401, 429), (await app.StatusAsync("/"), await app.StatusAsync("/")));
    }

    [Fact]
    public async Task A_wrong_one_ends_the_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => StartAsync(web => web.MapGet("/", [RequireLimit("nope")] () => "x")));
        Assert.Contains("RequireLimit(\"nope\")", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("is no policy: it must name one of tight, wide", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new RequireLimitAttribute(""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RequireLimitAttribute("tight") { Cost = -1 });
    }

    private static Task<App> StartAsync(Action<WebApplication> map, Action<IServiceCollection>? configure = null) => App.StartAsync(
        map,
        options => options
            .AddPolicy("wide", policy => policy.TokenBucket(9, TimeSpan.FromMinutes(1)).By("ip"))
            .AddPolicy("tight", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1)).By("ip")),
        configure: configure);

    /// <summary>A controller whose limits stand on it; nested, so that no other test's application finds it.</summary>
    [ApiController]
    [RequireLimit("wide")]
    [Route("/attributed")]
    public sealed class AttributedController : ControllerBase
    {
        [HttpGet("tight")]
        [RequireLimit("tight")]
        public IActionResult Tight() => Ok("x");

        [HttpGet("costly")]
        [RequireLimit("wide", Cost = 4)]
        public IActionResult Costly() => Ok("x");
    }

    /// <summary>A controller without routes of its own.</summary>
    [RequireLimit("wide")]
    public sealed class FoundController : ControllerBase
    {
        [RequireLimit("tight")]
        public IActionResult Index() => Ok("found");
    }

    /// <summary>Another one, without limits.</summary>
    public sealed class PlainController : ControllerBase
    {
        public IActionResult Index() => Ok("plain");
    }

    /// <summary>A controller that is limited by a value of its route.</summary>
    [RequireLimit("each")]
    [Route("/each")]
    public sealed class EachController : ControllerBase
    {
        [HttpGet("{id}")]
        public IActionResult One(string id) => Ok(id);
    }

    private sealed class Found(params Type[] controllers) : IApplicationFeatureProvider<ControllerFeature>
    {
        public void PopulateFeature(IEnumerable<ApplicationPart> parts, ControllerFeature feature)
        {
            foreach (var controller in controllers)
                feature.Controllers.Add(controller.GetTypeInfo());
        }
    }

    /// <summary>Leads every path to one controller.</summary>
    private sealed class ToFound(string controller) : DynamicRouteValueTransformer
    {
        public override ValueTask<RouteValueDictionary> TransformAsync(HttpContext httpContext, RouteValueDictionary values) =>
            new(new RouteValueDictionary { ["controller"] = controller, ["action"] = "Index" });
    }
}
