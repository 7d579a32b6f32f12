using OrleansLimiter.Core.Valve;
using OrleansLimiter.Testing;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>A server whose clock is set while people wait.</summary>
public sealed class RedisClockStepTests
{
    [Fact]
    public async Task The_line_keeps_moving_at_its_pace_however_often_the_servers_clock_is_set_back_and_nobody_loses_a_place()
    {
        const int People = 4;
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await valve.SetUpAsync(OpenSpec(ValveRates.Of(1, TimeSpan.FromSeconds(10), 100)));
        for (var user = 1; user <= People; user++)
            await valve.JoinAsync(user);

        for (var admitted = 1; admitted < People; admitted++)
        {
            now = now.After(-600 * Second);
            for (var user = 1; user <= People; user++)
                await valve.PollAsync(user);
            Assert.Equal((admitted, People - admitted), await StandAsync(valve));
            now = now.After((10 * Second) - 1);
            Assert.Equal((admitted, People - admitted), await StandAsync(valve));
            now = now.After(1);
            Assert.Equal((admitted + 1, People - admitted - 1), await StandAsync(valve));
        }
    }

    [Fact]
    public async Task A_sale_that_opened_by_a_clock_that_was_wrong_waits_for_its_opening()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await valve.SetUpAsync(QueueSpec(ValveRates.Of(1, TimeSpan.FromSeconds(1), 100)));
        await valve.JoinAllAsync(3);

        now = Start.After(60 * Second);
        Assert.Equal((1, 2), await StandAsync(valve));
        now = Start.After(50 * Second);
        Assert.Equal((1, 2), await StandAsync(valve));
        now = Start.After((60 * Second) - 1);
        Assert.Equal((1, 2), await StandAsync(valve));
        now = Start.After(60 * Second);
        Assert.Equal((2, 1), await StandAsync(valve));
    }

    private static async Task<(int InCheckout, int Waiting)> StandAsync(Core.Ports.IValveEngine valve)
    {
        var status = await valve.StatusAsync();
        return (status.InCheckout, status.Waiting);
    }
}
