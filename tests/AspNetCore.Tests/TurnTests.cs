using Microsoft.AspNetCore.Builder;
using OrleansLimiter.Core.Algorithms;
using Xunit;

namespace OrleansLimiter.AspNetCore.Tests;

/// <summary>A leaky bucket shapes: what it admits waits before the endpoint until its turn.</summary>
public sealed class TurnTests
{
    [Fact]
    public async Task A_request_waits_for_its_turn_and_not_a_tick_less()
    {
        var reached = 0;
        await using var app = await StartAsync(App.Policy(6, algorithm: Algorithm.LeakyBucket), () => ++reached);
        Assert.Equal(200, await app.StatusAsync("/"));

        var second = app.SendAsync("/");
        await app.UntilSomebodyWaitsAsync(TimeSpan.FromSeconds(10));
        app.Clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal(1, reached);
        app.Clock.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(200, (await second).Response.StatusCode);
        Assert.Equal(2, reached);
    }

    [Fact]
    public async Task A_shadow_policy_makes_nobody_wait()
    {
        var policy = App.Policy(6, algorithm: Algorithm.LeakyBucket);
        policy.Shadow = true;
        await using var app = await StartAsync(policy, () => 0);
        for (var i = 0; i < 10; i++)
            Assert.Equal(200, await app.StatusAsync("/"));
    }

    [Theory]
    [InlineData(7, 10, null)]
    [InlineData(8, 10,
        "Limiter:Policies:leaky is a leakyBucket whose last caller waits 70 s: it must make nobody wait longer than 60 s (lower Burst), "
        + "because 'HTTP: GET /' requires it and requests wait there for their turn.")]
    public async Task Nobody_waits_longer_than_a_minute(long burst, int secondsEach, string? message)
    {
        var policy = new PolicyOptions
        {
            Algorithm = Algorithm.LeakyBucket,
            Limit = 1,
            Window = TimeSpan.FromSeconds(secondsEach),
            Burst = burst,
            Key = "ip",
        };
        var start = StartAsync(policy, () => 0);
        if (message is null)
            await (await start).DisposeAsync();
        else
            Assert.Equal(message, (await Assert.ThrowsAsync<LimiterConfigurationException>(() => start)).Message);
    }

    private static Task<App> StartAsync(PolicyOptions policy, Func<int> reach) =>
        App.StartAsync(web => web.MapGet("/", () => reach()).RequireLimit("leaky"), options => options.Policies["leaky"] = policy);
}
