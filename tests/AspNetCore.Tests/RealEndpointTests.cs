using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Xunit;
using Yarp.ReverseProxy.Configuration;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A limit on endpoints that others build: YARP's and those of static assets.</summary>
public sealed class RealEndpointTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_reverse_proxy_forwards_is_limited_and_what_is_refused_does_not_reach_its_destination()
    {
        var reached = 0;
        await using var destination = await DestinationAsync(() => ++reached);
        await using var app = await App.StartWideAndTightAsync(
            web => web.MapReverseProxy().RequireLimit("wide").RequireLimit("tight"),
            services => services.AddReverseProxy().LoadFromMemory(
                [new RouteConfig { RouteId = "all", ClusterId = "there", Match = new RouteMatch { Path = "/proxied/{**rest}" } }],
                [new ClusterConfig { ClusterId = "there",
                    Destinations = new Dictionary<string, DestinationConfig> { [
                    "one"] = new() { Address = destination.Urls.Single() } } }]));

        var passed = await app.SendAsync("/proxied/x");
        Assert.Equal((200, "there"), (passed.Response.StatusCode, await App.BodyOf(passed)));
        Assert.Equal("\"tight\";r=0;t=60", passed.Response.Headers["RateLimit"]);
        var refused = await app.SendAsync("/proxied/y");
        Assert.Equal((429, "60", 1), (refused.Response.StatusCode, refused.Response.Headers.RetryAfter.ToString(), reached));
        Assert.Equal(8, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_wrong_limit_of_a_reverse_proxy_ends_the_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => App.StartWideAndTightAsync(
            web => web.MapReverseProxy().RequireLimit("nope"),
            services => services.AddReverseProxy()
                .LoadFromMemory([new RouteConfig { RouteId = "all", ClusterId = "there", Match = new RouteMatch { Path = "/{**rest}" } }],
                [new ClusterConfig { ClusterId = "there" }])));
        Assert.StartsWith(
            "RequireLimit(\"nope\") of 'all' is no policy: it must name one of tight, wide", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Static_assets_are_limited()
    {
        var folder = Directory.CreateTempSubdirectory("assets");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "a.txt"), "asset", Cancellation);
            var manifest = Path.Combine(folder.FullName, "app.staticwebassets.endpoints.json");
            await File.WriteAllTextAsync(manifest, """
                {"Version":1,"ManifestType":"Publish","Endpoints":[{"Route":"a.txt","AssetFile":"a.txt",
                "Selectors":[],"EndpointProperties":[],
                "ResponseHeaders":[
                {"Name":"Content-Type","Value":"text/plain"},{"Name":"Content-Length","Value":"5"},{"Name":"ETag","Value":"\"x\""},
                {"Name":"Last-Modified","Value":"Sun, 22 Nov 2026 00:00:00 GMT"}]}]}
                """, Cancellation);
            await using var app = await App.StartWideAndTightAsync(
                web =>
                {
                    web.Environment.WebRootPath = folder.FullName;
                    web.Environment.WebRootFileProvider = new PhysicalFileProvider(folder.FullName);
                    web.MapStaticAssets(manifest).RequireLimit("tight");
                },
                environment: "Production");

            var passed = await app.SendAsync("/a.txt");
            Assert.Equal((200, "asset"), (passed.Response.StatusCode, await App.BodyOf(passed)));
            Assert.Equal(429, await app.StatusAsync("/a.txt"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_fallback_with_a_handler_is_limited()
    {
        await using var app = await App.StartWideAndTightAsync(web =>
        {
            web.MapGet("/known", () => "known");
            web.MapFallback(() => "else").RequireLimit("wide");
            web.MapFallback("/attributed/{**rest}", [RequireLimit("tight")] () => "else");
        });
        Assert.Equal((200, 200), (await app.StatusAsync("/some/where"), await app.StatusAsync("/known")));
        Assert.Equal(8, await app.RemainingAsync("wide"));
        Assert.Equal((200, 429), (await app.StatusAsync("/attributed/x"), await app.StatusAsync("/attributed/y")));
    }

    [Fact]
    public async Task A_fallback_to_a_file_is_limited()
    {
        var folder = Directory.CreateTempSubdirectory("files");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "index.html"), "index", Cancellation);
            await using var app = await App.StartWideAndTightAsync(web =>
            {
                web.Environment.WebRootPath = folder.FullName;
                web.Environment.WebRootFileProvider = new PhysicalFileProvider(folder.FullName);
                web.MapFallbackToFile("index.html").RequireLimit("tight");
            });
            var passed = await app.SendAsync("/some/where");
            Assert.Equal((200, "index"), (passed.Response.StatusCode, await App.BodyOf(passed)));
            Assert.Equal(429, await app.StatusAsync("/some/where/else"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Health_checks_are_limited()
    {
        await using var app = await App.StartWideAndTightAsync(
            web => web.MapHealthChecks("/health").RequireLimit("tight"), services => services.AddHealthChecks());
        Assert.Equal((200, 429), (await app.StatusAsync("/health"), await app.StatusAsync("/health")));
    }

    [Fact]
    public async Task Razor_components_are_limited_by_their_builder_and_by_an_attribute()
    {
        await using var app = await App.StartWideAndTightAsync(
            web =>
            {
                web.UseAntiforgery();
                web.MapRazorComponents<TestRoot>().RequireLimit("wide");
            },
            services => services.AddRazorComponents());
        Assert.Equal((200, 200), (await app.StatusAsync("/component"), await app.StatusAsync("/component")));
        Assert.Equal(7, await app.RemainingAsync("wide"));
        Assert.Equal((200, 429), (await app.StatusAsync("/component/tight"), await app.StatusAsync("/component/tight")));
        Assert.Equal(6, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task An_attribute_on_the_class_of_a_minimal_apis_handler_ends_the_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => App.StartWideAndTightAsync(web => web.MapGet("/", Handlers.Say)));
        Assert.Equal(
            "RequireLimit(\"tight\") of 'HTTP: GET / => Say' is on the class of a handler: it must stand on the handler itself, "
                + "Handlers.Say, because that alone is what the endpoint knows.",
            wrong.Message);
    }

    [RequireLimit("tight")]
    private static class Handlers
    {
        public static string Say() => "x";
    }

    private static async Task<WebApplication> DestinationAsync(Action reached)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(context =>
        {
            reached();
            return context.Response.WriteAsync("there");
        });
        await app.StartAsync(Cancellation);
        return app;
    }
}
