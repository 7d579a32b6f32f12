using System.Buffers.Binary;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>The draw: codes from any engine, in any pieces, and one order that anyone can check.</summary>
public sealed class RedisDrawTests
{
    private const int People = 3_000;

    [Fact]
    public async Task A_draw_that_crashed_halfway_is_finished_by_another_front_end_in_the_same_order()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var crashing = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        await crashing.SetUpAsync(QueueSpec(Slow));
        await crashing.JoinAllAsync(People);
        foreach (var user in (int[])[1, 700, 701, People])
            Assert.Equal(PlaceEnded.Ended, await crashing.LeaveAsync(user));
        now = await LiveUntilOpeningAsync(crashing, time => now = time);

        // Some codes are written, and the engine is gone.
        var asked = await crashing.StepAsync(Sale, null);
        await crashing.StepAsync(Sale, asked);
        crashing.Dispose();
        Assert.Equal(2_000, await server.NumberAsync("ZCOUNT", "q{sale}", "-inf", "(0"));

        using var one = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        using var other = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        var answers = new List<ValveAnswer>();
        foreach (var some in Enumerable.Range(1, People).Chunk(200))
            answers.AddRange(await Task.WhenAll(some.Select(user => (user % 2 == 0 ? one : other).PollAsync(user))));
        var proof = await one.ProofAsync();

        var line = answers.Where(answer => answer.Place > 0).OrderBy(answer => answer.Position ?? 0).ToList();
        Assert.Equal(QueueState.Admitted, line[0].State);
        Assert.Equal(Enumerable.Range(1, People - 5), line.Skip(1).Select(answer => answer.Position!.Value));
        Assert.Equal(People - 4, proof.Places.Sum(run => run.Last - run.First + 1));
        Assert.Equal(Draw.Order(Seed, proof.Places, proof.PlacesHash), line.Select(answer => answer.Place));
        Assert.Equal(Draw.HashOf(proof.Places), proof.PlacesHash);
        Assert.Equal((Seed.Reveal(), Seed.Hash()), (proof.Seed, proof.SeedHash));
    }

    [Fact]
    public async Task Who_reads_everything_before_the_opening_finds_neither_seed_nor_codes()
    {
        await using var server = await RedisServer.StartAsync();
        var time = new FakeTimeProvider();
        using var valve = await ConnectAsync(server, time, () => Start);
        await valve.SetUpAsync(QueueSpec(Slow));
        await valve.JoinAllAsync(20);
        for (var tick = 0; tick < 4; tick++)
        {
            time.Advance(TimeSpan.FromMilliseconds(250));
            await valve.StatusAsync();
        }

        Assert.Equal(0, await server.NumberAsync("ZCOUNT", "q{sale}", "-inf", "(0"));
        foreach (var key in (string[])["v{sale}", "s{sale}", "g{sale}"])
            Assert.DoesNotContain(
                System.Text.Encoding.Latin1.GetString(Seed.Span[..8]), await server.CommandAsync("GET", key), StringComparison.Ordinal);
        var proof = await valve.ProofAsync();
        Assert.Equal((Seed.Hash(), null, null, 0), (proof.SeedHash, proof.Seed, proof.PlacesHash, proof.Places.Length));
    }

    [Fact]
    public async Task A_front_end_without_the_key_draws_nobody_and_says_so()
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var one = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        using var stranger = await ConnectAsync(server, new FakeTimeProvider(), () => now, SeedSeal.Of(KeysOf("another", 7)));
        await one.SetUpAsync(QueueSpec(Slow));
        await one.JoinAllAsync(3);
        var told = new List<SaleId>();
        stranger.SeedNotOpened += told.Add;
        now = Start.After(60 * Second);
        Assert.Equal(Core.Decisions.EngineFault.Unavailable, (await stranger.StatusAsync(Sale, Token)).Fault);
        Assert.Equal([Sale], told);
        Assert.Equal(2, (await one.StatusAsync()).Waiting);
        Assert.Equal(Seed.Reveal(), (await one.ProofAsync()).Seed);
    }

    [Fact]
    public async Task A_sale_that_an_earlier_build_set_up_is_drawn_as_it_was_published_its_codes_written_ahead()
    {
        await using var server = await RedisServer.StartAsync();
        var (now, time) = (Start, new FakeTimeProvider());
        using var valve = await ConnectAsync(server, time, () => now);
        await valve.SetUpAsync(QueueSpec(Slow));
        await MakeEarlierAsync(server);
        await valve.JoinAllAsync(20);

        time.Advance(TimeSpan.FromMilliseconds(250));
        await UntilAsync(async () => await server.NumberAsync("ZCOUNT", "q{sale}", "-inf", "(0") == 20);
        var (answer, proof) = (await valve.PollAsync(7), await valve.ProofAsync());

        Assert.Equal((QueueState.PreQueue, null), (answer.State, answer.Position));
        Assert.Equal((Seed.Hash(), null, null, 0, false),
            (proof.SeedHash, proof.Seed, proof.PlacesHash, proof.Places.Length, proof.IsBound));

        for (var second = 1; second <= 60; second++)
        {
            now = Start.After(second * Second);
            await valve.StatusAsync();
            if (second % 20 == 0)
                await Task.WhenAll(Enumerable.Range(1, 20).Select(valve.PollAsync));
        }

        var line = (await Task.WhenAll(Enumerable.Range(1, 20).Select(valve.PollAsync))).OrderBy(told => told.Position ?? 0)
            .Select(told => told.Place);
        Assert.Equal(Draw.Order(Seed, [new PlaceRun(1, 20)], null), line);
        Assert.Equal(Seed.Reveal(), (await valve.ProofAsync()).Seed);
    }

    [Fact]
    public async Task A_code_that_comes_late_is_not_taken_for_the_next_place_of_the_same_user()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => Start);
        await valve.SetUpAsync(QueueSpec(Slow));
        await MakeEarlierAsync(server);
        await valve.JoinAsync(1);
        var asked = await valve.StepAsync(Sale, null);

        await valve.LeaveAsync(1);
        Assert.Equal(2, (await valve.JoinAsync(1)).Place);
        await valve.StepAsync(Sale, asked);

        Assert.Equal(1, await server.NumberAsync("ZCOUNT", "q{sale}", "2", "2"));
    }

    [Fact]
    public void Scores_are_in_the_order_of_the_codes_and_before_every_number()
    {
        var codes = new List<ulong>
        {
            0, 4, 8, ulong.MaxValue, ulong.MaxValue - 4, 1UL << 63, (1UL << 63) - 4, 1UL << 52, 1UL << 54, 1UL << 10,
        };
        var dice = new Dice(20_261_122);
        for (var i = 0; i < 10_000; i++)
            codes.Add((ulong)dice.From(0, long.MaxValue) << 1);

        var scores = codes.Distinct().Order().Select(ScoreOf).ToList();

        Assert.All(scores, score => Assert.True(score < 0 && double.IsNormal(score)));
        Assert.All(scores.Zip(scores.Skip(1)), pair => Assert.True(pair.First <= pair.Second));
        Assert.True(ScoreOf(4) > ScoreOf(0));
        Assert.True(ScoreOf(ulong.MaxValue) > ScoreOf(ulong.MaxValue - 4));
    }

    // What a build before wrote: the seed in the clear, and nothing behind it.
    private static async Task MakeEarlierAsync(RedisServer server) => Assert.Equal("OK", await server.CommandAsync(
        "EVAL",
        "local seed = string.gsub(ARGV[1], '..', function(hex) return string.char(tonumber(hex, 16)) end) return redis.call('SET', "
            + "KEYS[1], string.sub(redis.call('GET', KEYS[1]), 1, 40) .. seed)",
        "1",
        "s{sale}",
        Seed.Reveal()));

    private static double ScoreOf(ulong bits)
    {
        var code = new byte[32];
        BinaryPrimitives.WriteUInt64BigEndian(code, bits);
        return DrawCodes.ScoreOf(code);
    }

    // Looks once a second, as the engine's own timer would, and keeps everybody alive.
    private static async Task<Core.Limits.Instant> LiveUntilOpeningAsync(RedisValve valve, Action<Core.Limits.Instant> moveTo)
    {
        for (var second = 1; second < 60; second++)
        {
            moveTo(Start.After(second * Second));
            await valve.StatusAsync();
            if (second % 20 == 0)
                await Task.WhenAll(Enumerable.Range(1, People).Select(valve.PollAsync));
        }

        moveTo(Start.After(60 * Second));
        return Start.After(60 * Second);
    }
}
