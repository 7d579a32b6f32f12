using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Limits on SignalR hubs, as the real client sees them: one permit a connection, whatever it is made of.</summary>
public sealed class HubTests
{
    private const HttpTransportType OneRequestEach = HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task A_connection_is_charged_once_whatever_requests_it_is_made_of(HttpTransportType transport)
    {
        await using var app = await StartAsync(web => web.MapHub<PlainHub>("/hub").RequireLimit("two"));
        for (var left = 1; left >= 0; left--)
        {
            await using var connection = Connect(app, transport);
            await connection.StartAsync(Cancellation);
            for (var i = 0; i < 5; i++)
                Assert.Equal("x True", await connection.InvokeAsync<string>("Say", "x", Cancellation));
            Assert.Equal(left, await app.RemainingAsync("two"));
            await connection.StopAsync(Cancellation);
        }

        await using var refused = Connect(app, transport);
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => refused.StartAsync(Cancellation));
        Assert.Equal(HttpStatusCode.TooManyRequests, refusal.StatusCode);

        app.Clock.Advance(TimeSpan.FromSeconds(30));
        await using var later = Connect(app, transport);
        await later.StartAsync(Cancellation);
        Assert.Equal(0, await app.RemainingAsync("two"));
    }

    [Fact]
    public async Task A_connection_that_is_not_negotiated_is_charged_too()
    {
        await using var app = await StartAsync(web => web.MapHub<PlainHub>("/hub").RequireLimit("tight"));
        await using var connection = Connect(app, HttpTransportType.WebSockets, negotiates: false);
        await connection.StartAsync(Cancellation);
        Assert.Equal("x True", await connection.InvokeAsync<string>("Say", "x", Cancellation));
        Assert.Equal(0, await app.RemainingAsync("tight"));

        await using var refused = Connect(app, HttpTransportType.WebSockets, negotiates: false);
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => refused.StartAsync(Cancellation));
        Assert.Contains("429", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/hub")]
    [InlineData("/hub?id=")]
    public async Task A_request_that_names_no_connection_is_charged(string path)
    {
        await using var app = await StartAsync(web => web.MapHub<PlainHub>("/hub").RequireLimit("tight"));
        using var client = app.Server.CreateClient();
        using var first = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        using var second = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode));
    }

    [Fact]
    public async Task An_attribute_on_a_hub_and_what_its_builder_requires_stack_for_each_connection()
    {
        await using var app = await StartAsync(web => web.MapHub<LimitedHub>("/hub").RequireLimit("two"));
        await using var connection = Connect(app, HttpTransportType.LongPolling);
        await connection.StartAsync(Cancellation);
        Assert.Equal("x True", await connection.InvokeAsync<string>("Say", "x", Cancellation));
        Assert.Equal((8L, 1L), (await app.RemainingAsync("wide"), await app.RemainingAsync("two")));
    }

    [Fact]
    public async Task A_hub_of_a_group_is_under_its_limit()
    {
        await using var app = await StartAsync(web => web.MapGroup("/g").RequireLimit("two").MapHub<PlainHub>("/hub"));
        await using var connection = Connect(app, HttpTransportType.WebSockets, path: "g/hub");
        await connection.StartAsync(Cancellation);
        Assert.Equal(1, await app.RemainingAsync("two"));
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task A_connection_is_charged_once_before_authentication(HttpTransportType transport)
    {
        await using var app = await StartAsync(web =>
        {
            web.UseRouting();
            web.UseLimitsBeforeAuthentication();
            web.MapHub<PlainHub>("/hub").RequireLimitBeforeAuthentication("two");
        });
        await using var connection = Connect(app, transport);
        await connection.StartAsync(Cancellation);
        Assert.Equal("x True", await connection.InvokeAsync<string>("Say", "x", Cancellation));
        Assert.Equal(1, await app.RemainingAsync("two"));
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    public async Task A_place_is_held_for_as_long_as_the_connection_is(HttpTransportType transport)
    {
        await using var app = await StartAsync(
            web => web.MapHub<PlainHub>("/hub", options => options.Transports = OneRequestEach).RequireLimit("places"));
        await using var connection = Connect(app, transport);
        await connection.StartAsync(Cancellation);
        Assert.Equal("x True", await connection.InvokeAsync<string>("Say", "x", Cancellation));
        Assert.Equal(0, await app.RemainingAsync("places"));

        await using var refused = Connect(app, transport);
        var refusal = await Assert.ThrowsAsync<HttpRequestException>(() => refused.StartAsync(Cancellation));
        Assert.Equal(HttpStatusCode.TooManyRequests, refusal.StatusCode);

        await connection.StopAsync(Cancellation);
        await Eventually.TrueAsync("the place is free", async () => await app.RemainingAsync("places") == 1, Cancellation);
        await using var next = Connect(app, transport);
        await next.StartAsync(Cancellation);
        Assert.Equal(0, await app.RemainingAsync("places"));
    }

    [Fact]
    public async Task A_place_is_held_by_a_connection_that_is_not_negotiated_too()
    {
        await using var app = await StartAsync(
            web => web.MapHub<PlainHub>("/hub", options => options.Transports = OneRequestEach).RequireLimit("places"));
        await using var connection = Connect(app, HttpTransportType.WebSockets, negotiates: false);
        await connection.StartAsync(Cancellation);
        Assert.Equal(0, await app.RemainingAsync("places"));
        await connection.StopAsync(Cancellation);
        await Eventually.TrueAsync("the place is free", async () => await app.RemainingAsync("places") == 1, Cancellation);
    }

    [Fact]
    public async Task A_place_on_a_hub_that_allows_long_polling_ends_the_start()
    {
        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(
            () => StartAsync(web => web.MapHub<PlainHub>("/hub").RequireLimit("places")));
        Assert.StartsWith(
            "RequireLimit(\"places\") of '/hub/negotiate' is a limit of places (concurrency) on a hub that allows long polling: it must "
                + "be on one whose connections are one request each",
            wrong.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_without_a_hub_is_charged_for_each_request()
    {
        await using var app = await StartAsync(web => web.MapConnectionHandler<Silent>("/raw").RequireLimit("tight"));
        using var client = app.Server.CreateClient();
        using var first = await client.PostAsync(new Uri("/raw/negotiate", UriKind.Relative), content: null, Cancellation);
        using var second = await client.PostAsync(new Uri("/raw/negotiate", UriKind.Relative), content: null, Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode));
    }

    [Fact]
    public async Task The_limit_of_all_requests_is_asked_for_each_one_of_a_connections()
    {
        await using var app = await StartAsync(web =>
        {
            web.UseGlobalLimit("wide");
            web.MapHub<PlainHub>("/hub").RequireLimit("two");
        });
        await using var connection = Connect(app, HttpTransportType.LongPolling);
        await connection.StartAsync(Cancellation);
        Assert.InRange(await app.RemainingAsync("wide"), 0, 5); // the negotiation, two polls, what is said to begin with
        Assert.Equal(1, await app.RemainingAsync("two"));
    }

    private sealed class Silent : ConnectionHandler
    {
        public override Task OnConnectedAsync(ConnectionContext connection) => Task.CompletedTask;
    }

    /// <summary>A connection of the real client.</summary>
    internal static HubConnection Connect(
        App app, HttpTransportType transport, bool negotiates = true, string path = "hub", params (string Name, string Value)[] headers) =>
        new HubConnectionBuilder().WithUrl($"http://localhost/{path}", transport, options =>
        {
            options.SkipNegotiation = !negotiates;
            options.HttpMessageHandlerFactory = _ =>
                app.Server.CreateHandler(context => context.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.7"));
            options.WebSocketFactory = async (context, cancellationToken) =>
            {
                var client = app.Server.CreateWebSocketClient();
                client.ConfigureRequest = request =>
                {
                    request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.7");
                    foreach (var (name, value) in headers)
                        request.Headers.Append(name, value);
                };
                return await client.ConnectAsync(context.Uri, cancellationToken);
            };
            foreach (var (name, value) in headers)
                options.Headers.Add(name, value);
        }).Build();

    private static Task<App> StartAsync(Action<WebApplication> map) => App.StartAsync(
        map,
        options =>
        {
            options.Policies["wide"] = App.Policy(9);
            options.Policies["two"] = App.Policy(2);
            options.Policies["tight"] = App.Policy(1);
            options.Policies["places"] = App.Policy(1, algorithm: Algorithm.Concurrency);
        },
        configure: services => services.AddSignalR());
}
