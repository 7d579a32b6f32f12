using System.Globalization;
using System.Text;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
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

    [Fact]
    public async Task A_front_end_of_an_earlier_build_reads_a_line_whose_servers_clock_was_set_back_and_takes_none_of_its_time_away()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await SetUpByEarlierBuildAsync(server, valve, OpenSpec(ValveRates.Of(1, TimeSpan.FromSeconds(10), 100)));
        await valve.JoinAllAsync(4);

        now = now.After(-600 * Second);
        Assert.Equal((1, 3), await StandAsync(valve));
        for (var admitted = 1; admitted < 4; admitted++)
        {
            Assert.Equal((admitted, 4 - admitted), await OldBuildStandsAsync(server, now));
            now = now.After(10 * Second);
            Assert.Equal((admitted, 4 - admitted), await OldBuildStandsAsync(server, now));
            Assert.Equal((admitted + 1, 3 - admitted), await StandAsync(valve));
        }
    }

    [Fact]
    public async Task Where_an_earlier_build_alone_has_gone_on_by_the_servers_clock_no_turn_is_shortened_afterwards()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        var spec = OpenSpec(ValveRates.Of(1, TimeSpan.FromSeconds(1), 100));
        await SetUpByEarlierBuildAsync(server, valve, spec);
        await valve.JoinAsync(1);
        await valve.JoinAsync(2);
        now = now.After(-600 * Second);
        Assert.Equal((1, 1), await StandAsync(valve));

        // Taken back, until the clock is as late as it was before the step, and the second is admitted.
        now = now.After(601 * Second);
        Assert.Equal((2, 0), await OldBuildStandsAsync(server, now));

        var turn = (long)spec.AcceptWithin.TotalMicroseconds;
        Assert.Equal((2, 0), await StandAsync(valve));
        Assert.Equal(now.After(turn), (await valve.PollAsync(2)).Admission!.Value.ExpiresAt);
    }

    /// <summary>
    /// Sets a valve up and leaves of its seed what an earlier build did: 32 bytes, in the clear. What they are does not matter to a line
    /// without a draw.
    /// </summary>
    private static async Task SetUpByEarlierBuildAsync(RedisServer server, IValveEngine valve, ValveSpec spec)
    {
        const string Cut = "return redis.call('SET', KEYS[1], string.sub(redis.call('GET', KEYS[1]), 1, 72))";
        await valve.SetUpAsync(spec);
        await server.CommandAsync("EVAL", Cut, "1", "s{sale}");
    }

    /// <summary>How the valve stands, as a build tells it that knows nothing of clocks that are set back.</summary>
    private static async Task<(int InCheckout, int Waiting)> OldBuildStandsAsync(RedisServer server, Instant now)
    {
        using var text = new StreamReader(typeof(RedisClockStepTests).Assembly.GetManifestResourceStream("valveStatus-0b46744.lua")!);
        string[] keys = [.. "vspqhtg".Select(letter => $"{letter}{{sale}}")];
        var reply = await server.CommandAsync(
            ["EVAL", await text.ReadToEndAsync(Token), "7", .. keys, now.Microseconds.ToString(CultureInfo.InvariantCulture)]);
        var status = ValveReplyBytes.Status(Encoding.Latin1.GetBytes(reply));
        return (status.InCheckout, status.Waiting);
    }

    private static async Task<(int InCheckout, int Waiting)> StandAsync(IValveEngine valve)
    {
        var status = await valve.StatusAsync();
        return (status.InCheckout, status.Waiting);
    }
}
