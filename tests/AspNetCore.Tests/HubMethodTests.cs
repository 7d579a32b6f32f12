using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Limits on the methods of a hub: each invocation is asked for.</summary>
public sealed class HubMethodTests
{
    private readonly Door _door = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task An_invocation_over_the_limit_is_told_how_long_to_wait_and_the_connection_lives_on(HttpTransportType transport)
    {
        await using var app = await StartAsync();
        await using var connection = await ConnectAsync(app, transport);
        Assert.Equal("x True", await connection.InvokeAsync<string>("Say", "x", Cancellation));

        var refused = await Assert.ThrowsAsync<HubException>(() => connection.InvokeAsync<string>("Say", "y", Cancellation));
        Assert.Contains("Rate limit exceeded. Try again in 60 seconds.", refused.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, await connection.InvokeAsync<int>("Free", Cancellation));
        Assert.Equal(0, await app.RemainingAsync("tight"));

        app.Clock.Advance(TimeSpan.FromMilliseconds(59_999));
        await Assert.ThrowsAsync<HubException>(() => connection.InvokeAsync<string>("Say", "y", Cancellation));
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("z True", await connection.InvokeAsync<string>("Say", "z", Cancellation));
    }

    [Fact]
    public async Task Of_several_limits_all_admit_or_none_is_charged()
    {
        await using var app = await StartAsync();
        await using var connection = await ConnectAsync(app);
        Assert.NotEqual(0, await connection.InvokeAsync<int>("Costly", Cancellation));
        Assert.Equal(7, await app.RemainingAsync("wide"));
        await Assert.ThrowsAsync<HubException>(() => connection.InvokeAsync<int>("Costly", Cancellation));
        Assert.Equal(7, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_method_that_answers_in_a_stream_is_limited()
    {
        await using var app = await StartAsync();
        await using var connection = await ConnectAsync(app);
        Assert.Equal([1, 2], await connection.StreamAsync<int>("Count", Cancellation).ToListAsync(Cancellation));
        var refused = await Assert.ThrowsAsync<HubException>(
            async () => await connection.StreamAsync<int>("Count", Cancellation).ToListAsync(Cancellation));
        Assert.Contains("Rate limit exceeded.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_is_held_while_the_method_runs()
    {
        await using var app = await StartAsync();
        await using var first = await ConnectAsync(app);
        await using var second = await ConnectAsync(app);
        var running = first.InvokeAsync("Wait", Cancellation);
        await _door.Entered;
        await Assert.ThrowsAsync<HubException>(() => second.InvokeAsync("Wait", Cancellation));
        _door.Open();
        await running;
        Assert.Equal(1, await app.RemainingAsync("places"));
        await second.InvokeAsync("Wait", Cancellation);
    }

    [Fact]
    public async Task A_leaky_bucket_has_an_invocation_wait_for_its_turn()
    {
        await using var app = await StartAsync();
        await using var connection = await ConnectAsync(app);
        Assert.NotEqual(0, await connection.InvokeAsync<int>("InTurn", Cancellation));
        var second = connection.InvokeAsync<int>("InTurn", Cancellation);
        await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(20));
        Assert.False(second.IsCompleted);
        app.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.NotEqual(0, await second);
    }

    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task Who_is_counted_is_who_made_the_connection(HttpTransportType transport)
    {
        await using var app = await StartAsync(key: "user");
        await using var alice = await ConnectAsync(app, transport, ("Test-User", "alice"));
        await using var again = await ConnectAsync(app, transport, ("Test-User", "alice"));
        await using var bob = await ConnectAsync(app, transport, ("Test-User", "bob"));
        Assert.Equal("x True", await alice.InvokeAsync<string>("Say", "x", Cancellation));
        await Assert.ThrowsAsync<HubException>(() => again.InvokeAsync<string>("Say", "x", Cancellation));
        Assert.Equal("x True", await bob.InvokeAsync<string>("Say", "x", Cancellation));
    }

    [Fact]
    public async Task A_limit_by_the_route_holds_where_connections_are_one_request_each()
    {
        await using var app = await StartAsync(
            web => web.MapHub<WrongHubs.Room>("/{room}", options => options.Transports = HttpTransportType.WebSockets));
        await using var first = HubTests.Connect(app, HttpTransportType.WebSockets, path: "a");
        await using var second = HubTests.Connect(app, HttpTransportType.WebSockets, path: "b");
        await first.StartAsync(Cancellation);
        await second.StartAsync(Cancellation);
        Assert.NotEqual(0, await first.InvokeAsync<int>("Say", Cancellation));
        await Assert.ThrowsAsync<HubException>(() => first.InvokeAsync<int>("Say", Cancellation));
        Assert.NotEqual(0, await second.InvokeAsync<int>("Say", Cancellation));
    }

    [Fact]
    public async Task A_limiter_that_is_added_twice_asks_once()
    {
        await using var app = await StartAsync(twice: true);
        await using var connection = await ConnectAsync(app);
        Assert.NotEqual(0, await connection.InvokeAsync<int>("Costly", Cancellation));
        Assert.Equal(7, await app.RemainingAsync("wide"));
    }

    [Fact]
    public async Task A_limit_that_cannot_work_ends_the_start()
    {
        Assert.Equal(
            "RequireLimit(\"nope\") of 'Unknown.Say' is no policy: it must name one of leaky, places, room, tight, wide.",
            await WrongAsync(web => web.MapHub<WrongHubs.Unknown>("/hub")));
        Assert.StartsWith(
            "RequireLimit(\"tight\") of 'OnConnected.OnConnectedAsync' is on a method that no client can invoke: it must stand on a "
                + "public method of the hub, or on the hub",
            await WrongAsync(web => web.MapHub<WrongHubs.OnConnected>("/hub")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "RequireLimit(\"tight\") of 'Hidden.Inner' is on a method that no client can invoke",
            await WrongAsync(web => web.MapHub<WrongHubs.Hidden>("/hub")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "RequireLimit(\"tight\") of 'Early.Say' is to be asked before authentication",
            await WrongAsync(web => web.MapHub<WrongHubs.Early>("/hub")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "RequireLimit(\"places\") of 'Streaming.Count' is a limit of places (concurrency) on a method that returns a stream",
            await WrongAsync(web => web.MapHub<WrongHubs.Streaming>("/hub")),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "RequireLimit(\"room\") of 'Room.Say' is by the route's {room} on a hub that allows long polling",
            await WrongAsync(web => web.MapHub<WrongHubs.Room>("/{room}")),
            StringComparison.Ordinal);
        Assert.Equal(
            "Limiter:Policies:room:Key is 'route:room': it must name values of the route only, and 'Room.Say' has no {room}.",
            await WrongAsync(web => web.MapHub<WrongHubs.Room>("/hub", options => options.Transports = HttpTransportType.WebSockets)));
    }

    private async Task<string> WrongAsync(Action<WebApplication> map) =>
        (await Assert.ThrowsAsync<LimiterConfigurationException>(() => StartAsync(map))).Message;

    private static async Task<HubConnection> ConnectAsync(
        App app, HttpTransportType transport = HttpTransportType.WebSockets, params (string Name, string Value)[] headers)
    {
        var connection = HubTests.Connect(app, transport, headers: headers);
        await connection.StartAsync(Cancellation);
        return connection;
    }

    private Task<App> StartAsync(Action<WebApplication>? map = null, string key = "ip", bool twice = false) => App.StartAsync(
        map ?? (web => web.MapHub<MethodsHub>("/hub")),
        options =>
        {
            options.Policies["wide"] = App.Policy(9);
            options.Policies["tight"] = App.Policy(1, key);
            options.Policies["places"] = App.Policy(1, algorithm: Algorithm.Concurrency);
            options.Policies["leaky"] = App.Policy(3, algorithm: Algorithm.LeakyBucket);
            options.Policies["room"] = App.Policy(1, "route:room");
        },
        configure: services => services.AddSingleton(_door).AddSignalR(),
        again: twice ? builder => builder.AddOrleansLimiter() : null);
}
