using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Limiter;
using OrleansLimiter.Testing;
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
                web.MapGet("/", string () => throw new InvalidOperationException("It is reached.")).RequireLimit("first").RequireLimit("second");
            },
            ("first", App.Policy(5, algorithm: algorithm)), ("second", App.Policy(5)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => app.SendAsync("/"));

        Assert.Equal(5, await app.RemainingAsync("first"));
        Assert.Equal(5, await app.RemainingAsync("second"));
    }

    [Fact]
    public async Task A_limit_that_throws_leaves_nothing_in_those_before_it()
    {
        _engine.Before = (request, _) => request.Key.Scope.Policy == "third" ? throw new InvalidOperationException("The engine has a bug.") : null;
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
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second").OnLimitRefused((_, _) => throw new InvalidOperationException("It fails.")),
            ("first", App.Policy(5)), ("second", App.Policy(1)));
        Assert.Equal(200, await app.StatusAsync("/"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));

        Assert.Equal(4, await app.RemainingAsync("first"));
    }

    [Fact]
    public async Task One_that_cannot_be_given_back_keeps_no_other()
    {
        _engine.Before = (request, _) => request is { Operation: Operation.Refund, Key.Scope.Policy: "first" } ? throw new InvalidOperationException("A bug.") : null;
        await using var app = await StartAsync(
            web => web.MapGet("/", () => "x").RequireLimit("first").RequireLimit("second").RequireLimit("last"),
            ("first", App.Policy(5)), ("second", App.Policy(5)), ("last", App.Policy(1)));
        Assert.Equal(200, await app.StatusAsync("/"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => app.SendAsync("/"));

        Assert.Equal(4, await app.RemainingAsync("second"));
    }

    [Fact]
    public async Task A_client_that_goes_away_while_it_waits_for_its_turn_gives_the_rest_back()
    {
        using var client = new CancellationTokenSource();
        await using var app = await StartAsync(
            web =>
            {
                web.Use((context, next) =>
                {
                    if (context.Request.Headers.ContainsKey("Impatient"))
                        context.RequestAborted = client.Token;
                    return next(context);
                });
                web.MapGet("/", () => "x").RequireLimit("leaky").RequireLimit("places");
            },
            ("leaky", App.Policy(6, algorithm: Algorithm.LeakyBucket)), ("places", App.Policy(5, algorithm: Algorithm.Concurrency)));
        Assert.Equal(200, await app.StatusAsync("/"));

        var waiting = app.SendAsync("/", headers: ("Impatient", "1"));
        await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(4, await app.RemainingAsync("places"));
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(5, await app.RemainingAsync("places"));
    }

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
