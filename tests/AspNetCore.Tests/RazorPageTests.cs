using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Razor.Compilation;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.Routing;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.AspNetCore.Razor.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Limits on Razor pages: required where they are mapped, or by an attribute on the page's model.</summary>
public sealed class RazorPageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mapped_pages_are_under_all_limits_that_are_required_of_them_and_each_is_asked_once(bool isLate)
    {
        await using var app = await StartAsync(
            isLate, web => web.MapRazorPages().RequireLimit("wide").RequireLimit("tight"), ("/Pages/Plain.cshtml", typeof(PlainPage)));
        var passed = await app.SendAsync("/Plain");
        Assert.Equal((200, "page"), (passed.Response.StatusCode, await App.BodyOf(passed)));
        Assert.Equal(8, await app.RemainingAsync("wide"));
        var refused = await app.SendAsync("/Plain");
        Assert.Equal(429, refused.Response.StatusCode);
        Assert.Equal("\"wide\";q=9;w=60, \"tight\";q=1;w=60", refused.Response.Headers["RateLimit-Policy"]);
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_of_a_group_are_under_its_limit(bool isLate)
    {
        await using var app = await StartAsync(
            isLate,
            web => web.MapGroup("/g").RequireLimit("tight").MapRazorPages(), ("/Pages/Plain.cshtml", typeof(PlainPage)));
        Assert.Equal((200, 429), (await app.StatusAsync("/g/Plain"), await app.StatusAsync("/g/Plain")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_attribute_on_a_pages_model_limits_that_page_alone(bool isLate)
    {
        await using var app = await StartAsync(
            isLate,
            web => web.MapRazorPages(), ("/Pages/Limited.cshtml", typeof(LimitedPage)), ("/Pages/Plain.cshtml", typeof(PlainPage)));
        Assert.Equal((200, 200), (await app.StatusAsync("/Plain"), await app.StatusAsync("/Plain")));
        Assert.Equal((200, 429), (await app.StatusAsync("/Limited"), await app.StatusAsync("/Limited")));
        Assert.Equal(429, (await app.SendAsync("/Limited", method: "POST")).Response.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_attribute_on_a_page_without_a_model_limits_it(bool isLate)
    {
        await using var app = await StartAsync(isLate, web => web.MapRazorPages(), ("/Pages/Own.cshtml", typeof(OwnPage)));
        Assert.Equal((200, 429), (await app.StatusAsync("/Own"), await app.StatusAsync("/Own")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_required_of_all_pages_and_what_stands_on_one_stack_and_each_is_asked_once(bool isLate)
    {
        await using var app = await StartAsync(
            isLate, web => web.MapRazorPages().RequireLimit("wide"), ("/Pages/Limited.cshtml", typeof(LimitedPage)));
        Assert.Equal(200, await app.StatusAsync("/Limited"));
        Assert.Equal((8L, 0L), (await app.RemainingAsync("wide"), await app.RemainingAsync("tight")));
        Assert.Equal(429, await app.StatusAsync("/Limited"));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_may_be_limited_before_authentication(bool isLate)
    {
        await using var app = await StartAsync(
            isLate,
            web =>
            {
                web.UseRouting();
                web.UseLimitsBeforeAuthentication();
                web.Use(App.Unauthorized);
                web.MapRazorPages();
            },
            ("/Pages/Early.cshtml", typeof(EarlyPage)));
        Assert.Equal((401, 429), (await app.StatusAsync("/Early"), await app.StatusAsync("/Early")));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_page_that_a_fallback_or_a_dynamic_route_finds_is_under_its_own_limit_and_that_of_all_pages(
        bool isLate, bool isDynamic)
    {
        await using var app = await StartAsync(
            isLate,
            web =>
            {
                web.MapRazorPages().RequireLimit("wide");
                if (isDynamic)
                    web.MapDynamicPageRoute<ToLimited>("{**anything}");
                else
                    web.MapFallbackToPage("/Limited");
            },
            ("/Pages/Limited.cshtml", typeof(LimitedPage)));
        Assert.Equal(200, await app.StatusAsync("/some/where"));
        Assert.Equal(8, await app.RemainingAsync("wide"));
        Assert.Equal(429, await app.StatusAsync("/some/where/else"));
        Assert.Equal(429, await app.StatusAsync("/Limited"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fallback_to_a_page_cannot_be_limited_itself_and_the_start_says_so(bool isLate)
    {
        var wrong = await WrongAsync(
            isLate,
            web =>
            {
                web.MapRazorPages();
                web.MapFallbackToPage("/Plain").RequireLimit("tight");
            },
            ("/Pages/Plain.cshtml", typeof(PlainPage)));
        Assert.Contains(
            "is on a route that only finds a controller or a page: it must be required of what is found", wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wrong_policy_on_a_pages_model_ends_the_start(bool isLate)
    {
        var wrong = await WrongAsync(isLate, web => web.MapRazorPages(), ("/Pages/Wrong.cshtml", typeof(WrongPage)));
        Assert.Equal("RequireLimit(\"nope\") of '/Wrong' is no policy: it must name one of tight, wide.", wrong);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_attribute_on_a_pages_handler_ends_the_start(bool isLate)
    {
        var wrong = await WrongAsync(isLate, web => web.MapRazorPages(), ("/Pages/Handled.cshtml", typeof(HandledPage)));
        Assert.Equal(
            "RequireLimit(\"tight\") of '/Handled, OnPost' is on a handler of a page: it must stand on the page's model, for all its "
                + "handlers, because one of them is chosen when the page runs already.",
            wrong);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_attribute_on_a_page_that_has_a_model_ends_the_start(bool isLate)
    {
        var wrong = await WrongAsync(isLate, web => web.MapRazorPages(), ("/Pages/Both.cshtml", typeof(BothPage)));
        Assert.Equal("RequireLimit(\"tight\") of '/Both' is on a page that has a model: it must stand on the model, where the framework "
            + "looks for attributes.", wrong);
    }

    [Fact]
    public async Task Pages_that_are_mapped_twice_have_the_limits_of_where_they_were_found()
    {
        await using var app = await StartAsync(isLate: false, MapTwice, ("/Pages/Plain.cshtml", typeof(PlainPage)));
        Assert.Equal((200, 200), (await app.StatusAsync("/Plain"), await app.StatusAsync("/Plain")));
        Assert.Equal((200, 429), (await app.StatusAsync("/g/Plain"), await app.StatusAsync("/g/Plain")));
        Assert.Equal((200, 200), (await app.StatusAsync("/Plain"), await app.StatusAsync("/Plain")));
    }

    [Fact]
    public async Task A_limit_that_pages_would_lose_because_they_were_mapped_without_it_before_ends_the_start()
    {
        var wrong = await WrongAsync(isLate: true, MapTwice, ("/Pages/Plain.cshtml", typeof(PlainPage)));
        Assert.Equal(
            "RequireLimit(\"tight\") of 'Page: /Plain' is on a page that is mapped twice: it must be required where the pages are mapped "
                + "first, because what is loaded there runs for all.",
            wrong);
    }

    private static void MapTwice(WebApplication web)
    {
        web.MapRazorPages();
        web.MapGroup("/g").RequireLimit("tight").MapRazorPages();
    }

    private static async Task<string> WrongAsync(bool isLate, Action<WebApplication> map, params (string Path, Type Type)[] pages) =>
        (await Assert.ThrowsAsync<LimiterConfigurationException>(() => StartAsync(isLate, map, pages))).Message;

    private static Task<App> StartAsync(bool isLate, Action<WebApplication> map, params (string Path, Type Type)[] pages) => App.StartAsync(
        map,
        options => options
            .AddPolicy("wide", policy => policy.TokenBucket(9, TimeSpan.FromMinutes(1)).By("ip"))
            .AddPolicy("tight", policy => policy.TokenBucket(1, TimeSpan.FromMinutes(1)).By("ip")),
        configure: services =>
        {
            services.AddSingleton<ToLimited>();
            services.AddRazorPages().ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new Compiled(pages)));
            if (isLate)
            {
                // Where files are compiled while the application runs, what is mapped does not know its pages before they are asked for.
#pragma warning disable ASPDEPR003 // On its way out, and used all the same.
                services.AddRazorPages().AddRazorRuntimeCompilation();
#pragma warning restore ASPDEPR003
                services.AddSingleton<IViewCompilerProvider>(new LateCompiler(pages));
            }
        });

    /// <summary>Leads every path to one page.</summary>
    private sealed class ToLimited : DynamicRouteValueTransformer
    {
        public override ValueTask<RouteValueDictionary> TransformAsync(HttpContext httpContext, RouteValueDictionary values) =>
            new(new RouteValueDictionary { ["page"] = "/Limited" });
    }

    /// <summary>Pages as the Razor compiler makes them of files: found by their paths, of which each test has its own.</summary>
    private sealed class Compiled((string Path, Type Type)[] pages) : IApplicationFeatureProvider<ViewsFeature>
    {
        public void PopulateFeature(IEnumerable<ApplicationPart> parts, ViewsFeature feature)
        {
            foreach (var (path, type) in pages)
                feature.ViewDescriptors.Add(DescriptorOf(path, type));
        }

        public static CompiledViewDescriptor DescriptorOf(string path, Type type) => new(new Item(path, type));

        private sealed class Item(string path, Type type) : RazorCompiledItem
        {
            public override string Identifier => path;

            public override string Kind => "mvc.1.0.razor-page";

            public override IReadOnlyList<object> Metadata => [];

            public override Type Type => type;
        }
    }

    /// <summary>A compiler that has a page when it is asked for.</summary>
    private sealed class LateCompiler((string Path, Type Type)[] pages) : IViewCompilerProvider, IViewCompiler
    {
        public IViewCompiler GetCompiler() => this;

        public Task<CompiledViewDescriptor> CompileAsync(string relativePath) =>
            Task.FromResult(pages.SingleOrDefault(page => page.Path == relativePath) is { Type: { } type }
                ? Compiled.DescriptorOf(relativePath, type)
                : new CompiledViewDescriptor { RelativePath = relativePath, ExpirationTokens = [] });
    }

    /// <summary>What the compiler writes around a page's text.</summary>
    public abstract class TestPage<TModel> : Page
    {
        public ViewDataDictionary<TModel> ViewData => (ViewDataDictionary<TModel>)PageContext.ViewData;

        public TModel Model => ViewData.Model;

        public override Task ExecuteAsync()
        {
            WriteLiteral("page");
            return Task.CompletedTask;
        }
    }

    public sealed class PlainModel : PageModel;

    public sealed class PlainPage : TestPage<PlainModel>;

    [RequireLimit("tight")]
    public sealed class LimitedModel : PageModel;

    public sealed class LimitedPage : TestPage<LimitedModel>;

    [RequireLimit("tight", BeforeAuthentication = true)]
    public sealed class EarlyModel : PageModel;

    public sealed class EarlyPage : TestPage<EarlyModel>;

    [RequireLimit("nope")]
    public sealed class WrongModel : PageModel;

    public sealed class WrongPage : TestPage<WrongModel>;

    public sealed class HandledModel : PageModel
    {
        [RequireLimit("tight")]
        public IActionResult OnPost() => Page();
    }

    public sealed class HandledPage : TestPage<HandledModel>;

    [RequireLimit("tight")]
    public sealed class BothPage : TestPage<PlainModel>;

    [RequireLimit("tight")]
    public sealed class OwnPage : TestPage<OwnPage>;
}
