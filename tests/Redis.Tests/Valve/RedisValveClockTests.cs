using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>
/// The server's clock steps back: people are admitted, turns end and places die as if it had not, and what stands on a calendar follows it.
/// </summary>
public sealed class RedisValveClockTests
{
    private const long Back = -600 * Second;

    [Fact]
    public async Task The_line_keeps_moving()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await valve.SetUpAsync(OpenSpec(ValveRates.Of(1, TimeSpan.FromSeconds(1), 100)));
        await valve.JoinAllAsync(4);
        Assert.Equal(1, (await valve.StatusAsync()).InCheckout);

        now = now.After(Back);
        Assert.Equal(1, (await valve.StatusAsync()).InCheckout);
        for (var admitted = 2; admitted <= 4; admitted++)
        {
            now = now.After(Second);
            Assert.Equal(admitted, (await valve.StatusAsync()).InCheckout);
        }
    }

    [Fact]
    public async Task A_turn_ends_when_it_would_have_and_its_expiry_is_told_by_the_clock_as_it_is()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        var spec = OpenSpec(Slow);
        await valve.SetUpAsync(spec);
        var turn = (long)spec.AcceptWithin.TotalMicroseconds;
        Assert.Equal(now.After(turn), (await valve.JoinAsync(1)).Admission!.Value.ExpiresAt);

        now = now.After(Back);
        Assert.Equal(now.After(turn), (await valve.PollAsync(1)).Admission!.Value.ExpiresAt);
        for (var left = turn; left > 0; left -= Second)
        {
            Assert.Equal(1, (await valve.StatusAsync()).InCheckout);
            now = now.After(Second);
        }

        Assert.Equal((0, 1), ((await valve.StatusAsync()).InCheckout, (int)(await valve.StatusAsync()).Counts.NoShows));
    }

    [Fact]
    public async Task A_sale_opens_when_the_clock_says_so()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await valve.SetUpAsync(QueueSpec(Slow));
        await valve.JoinAsync(1);

        now = now.After(-30 * Second);
        Assert.Equal(Start.After(60 * Second), (await valve.PollAsync(1)).OpensAt);
        for (var until = 90; until > 0; until--)
        {
            Assert.Equal(QueueState.PreQueue, (await valve.PollAsync(1)).State);
            now = now.After(Second);
        }

        Assert.Equal(QueueState.Admitted, (await valve.PollAsync(1)).State);
    }

    [Fact]
    public async Task A_place_that_nobody_asks_about_dies_when_it_would_have()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await valve.SetUpAsync(OpenSpec(Slow));
        await valve.JoinAllAsync(2);

        now = now.After(Back);
        for (var passed = 0; passed < 300; passed++)
        {
            await valve.StatusAsync();
            now = now.After(Second);
        }

        Assert.Equal((0, 1), ((await valve.StatusAsync()).Waiting, (int)(await valve.StatusAsync()).Counts.Died));
    }
}
