using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A place is held for as long as its request runs, however long that is.</summary>
public sealed class LongRequestTests
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leave = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_request_longer_than_the_window_keeps_its_place_until_it_ends()
    {
        using var renewed = new SemaphoreSlim(0);
        var time = new FakeTimeProvider();
        var engine = new TestRemote(time) { After = request => _ = request.Operation == Operation.Renew ? renewed.Release() : 0 };
        await using var app = await App.StartAsync(
            web => web.MapGet("/", RunAsync).RequireLimit("places"),
            options => options.Policies["places"] = new()
            {
                Algorithm = Algorithm.Concurrency,
                Limit = 1,
                Window = TimeSpan.FromSeconds(5),
                Key = "ip",
            },
            configure: services => services.AddSingleton<ILimitEngine>(engine),
            clock: time);
        var first = app.SendAsync("/");
        await _entered.Task;
        for (var tick = 0; tick < 8; tick++)
        {
            time.Advance(TimeSpan.FromSeconds(5) / 3);
            Assert.True(await renewed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
            Assert.Equal(0, await app.RemainingAsync("places"));
        }

        Assert.Equal(429, await app.StatusAsync("/"));
        _leave.SetResult();
        Assert.Equal(200, (await first).Response.StatusCode);
        Assert.Equal(1, await app.RemainingAsync("places"));
        Assert.Equal(200, await app.StatusAsync("/"));
    }

    [Fact]
    public async Task A_place_with_a_long_life_is_short_lived_until_its_request_has_run_for_a_while()
    {
        using var renewed = new SemaphoreSlim(0);
        var time = new FakeTimeProvider();
        var asked = new List<LimitRequest>();
        var engine = new TestRemote(time)
        {
            After = request =>
            {
                asked.Add(request);
                _ = request.Operation == Operation.Renew ? renewed.Release() : 0;
            },
        };
        await using var app = await App.StartAsync(
            web => web.MapGet("/", RunAsync).RequireLimit("places"),
            options => options.Policies["places"] = new()
            {
                Algorithm = Algorithm.Concurrency,
                Limit = 1,
                Window = TimeSpan.FromHours(1),
                Key = "ip",
            },
            configure: services => services.AddSingleton<ILimitEngine>(engine),
            clock: time);
        var first = app.SendAsync("/");
        await _entered.Task;

        Assert.True(Assert.Single(asked).Lease.IsProvisional); // if the process died here, it would be free in ten seconds
        time.Advance(LeaseId.ProvisionalLife / 3);
        Assert.True(await renewed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        time.Advance(TimeSpan.FromMinutes(19));
        Assert.Equal(0, await app.RemainingAsync("places"));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await renewed.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        _leave.SetResult();
        Assert.Equal(200, (await first).Response.StatusCode);
        Assert.Equal(1, await app.RemainingAsync("places"));
    }

    [Fact]
    public async Task A_place_that_the_handler_gave_back_is_not_taken_again()
    {
        await using var app = await App.StartAsync(
            web => web.MapGet("/", async (Microsoft.AspNetCore.Http.HttpContext context) =>
            {
                await context.GetRequestLimits()!.RefundAsync("Places");
                await RunAsync();
            }).RequireLimit("places"),
            options => options.Policies["places"] = new()
            {
                Algorithm = Algorithm.Concurrency,
                Limit = 1,
                Window = TimeSpan.FromSeconds(5),
                Key = "ip",
            });
        var first = app.SendAsync("/");
        await _entered.Task;
        app.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, await app.RemainingAsync("places"));
        _leave.SetResult();
        await first;
    }

    private async Task<string> RunAsync()
    {
        _entered.TrySetResult();
        await _leave.Task;
        return "x";
    }
}
