using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>Whatever ends a request's way through its limits, what it was charged on the way is given back.</summary>
public sealed class GateExitTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TestRemote _engine;

    public GateExitTests() => _engine = new TestRemote(_time);

    [Theory]
    [InlineData(Algorithm.TokenBucket)]
    [InlineData(Algorithm.Concurrency)]
    public async Task A_client_that_goes_away_during_the_second_limit_leaves_nothing_in_the_first(Algorithm algorithm)
    {
        using var client = new CancellationTokenSource();
        _engine.Before = (request, token) =>
        {
            if (request is { Operation: Operation.Acquire, Key.Scope.Policy: "second" })
                client.Cancel();
            token.ThrowIfCancellationRequested();
            return null;
        };
        await using var app = await StartAsync(
            web =>
            {
                web.Use((context, next) =>
                {
                    context.RequestAborted = client.Token;
                    return next(context);
                });
                web.MapGet("/", string () => throw new InvalidOperationException("It is reached.")).RequireLimit("first")
                    .RequireLimit("second");
            },
            ("first", App.Policy(5, algorithm: algorithm)), ("second", App.Policy(5)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => app.SendAsync("/"));

        Assert.Equal(5, await app.RemainingAsync("first"));
        Assert.Equal(5, await app.RemainingAsync("second"));
    }

    [Fact]
    public async Task A_limit_that_throws_leaves_nothing_in_those_before_it()
    {
        _engine.Before = (request, _) =>
            request.Key.Scope.Policy == "third" ? throw new InvalidOperationException("The engine has a bug.") : null;
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second").RequireLimit("third"),
            ("first", App.Policy(5)), ("second", App.Policy(5, algorithm: Algorithm.Concurrency)), ("third", App.Policy(5)));

        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));

        Assert.Equal(5, await app.RemainingAsync("first"));
        Assert.Equal(5, await app.RemainingAsync("second"));
    }

    [Fact]
    public async Task Who_hears_of_a_refusal_and_fails_keeps_nothing()
    {
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second")
                .OnLimitRefused((_, _) => throw new InvalidOperationException("It fails.")),
            ("first", App.Policy(5)), ("second", App.Policy(1)));
        Assert.Equal(200, await app.StatusAsync("/"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));

        Assert.Equal(4, await app.RemainingAsync("first"));
    }

    [Fact]
    public async Task One_that_cannot_be_given_back_keeps_no_other()
    {
        _engine.Before = (request, _) =>
            request is { Operation: Operation.Refund, Key.Scope.Policy: "first" } ? throw new InvalidOperationException("A bug.") : null;
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second").RequireLimit("last"),
            ("first", App.Policy(5)), ("second", App.Policy(5)), ("last", App.Policy(1)));
        Assert.Equal(200, await app.StatusAsync("/"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));

        Assert.Equal(4, await app.RemainingAsync("second"));
    }

    [Fact]
    public async Task A_client_that_goes_away_while_it_waits_for_its_turn_gives_everything_back()
    {
        using var client = new CancellationTokenSource();
        await using var app = await StartAsync(
            web =>
            {
                LetGo(web, client);
                web.MapGet("/", () => "x").RequireLimit("leaky").RequireLimit("places");
            },
            ("leaky", App.Policy(6, algorithm: Algorithm.LeakyBucket)), ("places", App.Policy(5, algorithm: Algorithm.Concurrency)));
        Assert.Equal(200, await app.StatusAsync("/"));

        var waiting = app.SendAsync("/", headers: ("Impatient", "1"));
        await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(4, await app.RemainingAsync("places"));
        Assert.Equal(4, await app.RemainingAsync("leaky"));
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(5, await app.RemainingAsync("places"));
        Assert.Equal(5, await app.RemainingAsync("leaky"));
    }

    [Fact]
    public async Task Clients_that_go_away_while_they_wait_leave_room_for_the_next_who_has_the_first_turn()
    {
        using var clients = new CancellationTokenSource();
        await using var app = await StartAsync(
            web =>
            {
                LetGo(web, clients);
                web.MapGet("/", () => "x").RequireLimit("leaky");
            },
            ("leaky", App.Policy(6, algorithm: Algorithm.LeakyBucket)));
        Assert.Equal(200, await app.StatusAsync("/"));
        var waiting = new List<Task>();
        for (var turn = 1; turn <= 5; turn++)
        {
            waiting.Add(app.SendAsync("/", headers: ("Impatient", "1")));
            await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(10 * turn));
        }

        Assert.Equal(429, await app.StatusAsync("/"));
        await clients.CancelAsync();
        foreach (var one in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);

        var honest = app.SendAsync("/");
        await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(10));
        app.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(200, (await honest).Response.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_limit_after_it_that_refuses_or_throws_leaves_no_turn_taken(bool throws)
    {
        var isClosed = false;
        _engine.Before = (request, _) => isClosed && throws && request is { Operation: Operation.Acquire, Key.Scope.Policy: "second" }
            ? throw new InvalidOperationException("A bug.")
            : null;
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("leaky").RequireLimit("second"),
            ("leaky", App.Policy(6, algorithm: Algorithm.LeakyBucket)),
            ("second", App.Policy(1, algorithm: Algorithm.LeakyBucket)));
        Assert.Equal(200, await app.StatusAsync("/"));

        isClosed = true;
        if (throws)
            await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));
        else
            Assert.Equal(429, await app.StatusAsync("/"));

        Assert.Equal(5, await app.RemainingAsync("leaky"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_that_has_come_is_spent_whatever_becomes_of_the_request(bool refunds)
    {
        await using var app = await StartAsync(
            web => web.MapGet("/", async (HttpContext context) =>
            {
                if (refunds)
                    await context.GetRequestLimits()!.RefundAsync("leaky");
                throw new InvalidOperationException("The endpoint fails.");
            }).RequireLimit("leaky"),
            ("leaky", App.Policy(6, algorithm: Algorithm.LeakyBucket)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));
        var second = app.SendAsync("/");
        await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(10));
        _engine.Before = (request, _) => request.Operation == Operation.Release
            ? throw new InvalidOperationException("It is withdrawn.")
            : null;
        app.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal("The endpoint fails.", (await Assert.ThrowsAsync<InvalidOperationException>(() => second)).Message);
        Assert.Equal(5, await app.RemainingAsync("leaky"));
    }

    /// <summary>Who says so in a header has a connection that the test resets.</summary>
    private static void LetGo(WebApplication web, CancellationTokenSource client) => web.Use((context, next) =>
    {
        if (context.Request.Headers.ContainsKey("Impatient"))
            context.RequestAborted = client.Token;
        return next(context);
    });

    private Task<App> StartAsync(Action<WebApplication> map, params (string Name, PolicyOptions Policy)[] policies) => App.StartAsync(
        map,
        options =>
        {
            foreach (var (name, policy) in policies)
                options.Policies[name] = policy;
        },
        environment: "Production", // Development makes a page of what is thrown
        configure: services => services.AddSingleton<ILimitEngine>(_engine),
        clock: _time);
}
