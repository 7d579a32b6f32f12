using System.Buffers.Binary;
using OrleansLimiter.Core.Valve;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Testing;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>The draw: codes from any engine, in any pieces, and one order that anyone can check.</summary>
public sealed class RedisDrawTests
{
    private const int People = 2_000;

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
        Assert.Equal(500, await server.NumberAsync("ZCOUNT", "q{sale}", "-inf", "(0"));

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
        Assert.Equal(Draw.Order(Seed, proof.Places), line.Select(answer => answer.Place));
        Assert.Equal(Draw.HashOf(proof.Places), proof.PlacesHash);
        Assert.Equal((Seed.Reveal(), Seed.Hash()), (proof.Seed, proof.SeedHash));
    }

    [Fact]
    public async Task Codes_are_written_ahead_of_the_draw_and_tell_nobody_anything()
    {
        await using var server = await RedisServer.StartAsync();
        var (now, time) = (Start, new FakeTimeProvider());
        using var valve = await ConnectAsync(server, time, () => now);
        await valve.SetUpAsync(QueueSpec(Slow));
        await valve.JoinAllAsync(20);

        time.Advance(TimeSpan.FromMilliseconds(250));
        await UntilAsync(async () => await server.NumberAsync("ZCOUNT", "q{sale}", "-inf", "(0") == 20);
        var (answer, proof) = (await valve.PollAsync(7), await valve.ProofAsync());

        Assert.Equal((QueueState.PreQueue, null), (answer.State, answer.Position));
        Assert.Equal((Seed.Hash(), null, null, 0), (proof.SeedHash, proof.Seed, proof.PlacesHash, proof.Places.Length));
    }

    [Fact]
    public async Task A_code_that_comes_late_is_not_taken_for_the_next_place_of_the_same_user()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => Start);
        await valve.SetUpAsync(QueueSpec(Slow));
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
        var codes = new List<ulong> { 0, 4, 8, ulong.MaxValue, ulong.MaxValue - 4, 1UL << 63, (1UL << 63) - 4, 1UL << 52, 1UL << 54, 1UL << 10 };
        var dice = new Dice(20_261_122);
        for (var i = 0; i < 10_000; i++)
            codes.Add((ulong)dice.From(0, long.MaxValue) << 1);

        var scores = codes.Distinct().Order().Select(ScoreOf).ToList();

        Assert.All(scores, score => Assert.True(score < 0 && double.IsNormal(score)));
        Assert.All(scores.Zip(scores.Skip(1)), pair => Assert.True(pair.First <= pair.Second));
        Assert.True(ScoreOf(4) > ScoreOf(0));
        Assert.True(ScoreOf(ulong.MaxValue) > ScoreOf(ulong.MaxValue - 4));
    }

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
