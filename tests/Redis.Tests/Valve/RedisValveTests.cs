using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>One line, whoever asks: many callers, several front ends, more to do at once than one call does.</summary>
public sealed class RedisValveTests
{
    [Fact]
    public async Task People_who_join_at_once_through_two_front_ends_get_distinct_places_in_one_line()
    {
        const int People = 32;
        await using var server = await RedisServer.StartAsync();
        using var one = await ConnectAsync(server);
        using var other = await ConnectAsync(server);
        await one.SetUpAsync(OpenSpec(Slow));

        // Everybody three times, through either front end.
        var joined = await Task.WhenAll(Enumerable.Range(0, 3 * People).Select(call =>
            Task.Run(async () => (User: call % People, Answer: await (call % 2 == 0 ? one : other).JoinAsync(call % People)), Token)));
        var polled = await Task.WhenAll(Enumerable.Range(0, People).Select(other.PollAsync));

        Assert.All(joined, call => Assert.Equal(polled[call.User].Place, call.Answer.Place));
        Assert.Equal(Enumerable.Range(1, People).Select(place => (long)place), polled.Select(answer => answer.Place).Order());
        var line = polled.OrderBy(answer => answer.Place).ToList();
        Assert.Equal(QueueState.Admitted, line[0].State);
        Assert.Equal(Enumerable.Range(1, People - 1), line.Skip(1).Select(answer => answer.Position!.Value));
        Assert.Equal((People, People - 1, 1),
            ((int)(await one.StatusAsync()).Counts.Joined, (await one.StatusAsync()).Waiting, (await other.StatusAsync()).InCheckout));
    }

    [Fact]
    public async Task Many_callers_of_two_front_ends_see_no_position_grow_and_never_more_people_in_checkout_than_the_cap()
    {
        const int People = 60;
        await using var server = await RedisServer.StartAsync();
        using var one = await ConnectAsync(server);
        using var other = await ConnectAsync(server);
        await one.SetUpAsync(OpenSpec(ValveRates.Of(1_000, TimeSpan.FromSeconds(1), 5)));
        var most = 0;
        var completed = 0;

        // Each person's own calls follow one another; the persons' are all at once.
        await Task.WhenAll(Enumerable.Range(0, People).Select(user => Task.Run(
            async () =>
            {
                var (last, place) = (int.MaxValue, 0L);
                for (var call = 0; ; call++)
                {
                    var valve = (call + user) % 2 == 0 ? one : other;
                    var answer = call == 0 ? await valve.JoinAsync(user) : await valve.PollAsync(user);
                    Assert.True(place == 0 || place == answer.Place, "A person has two places.");
                    place = answer.Place;
                    InterlockedMax(ref most, (await valve.StatusAsync()).InCheckout);
                    if (answer.Admission is { } admission)
                    {
                        Interlocked.Add(ref completed, ValueOf(await valve.CompleteAsync(admission, Token)) == PlaceEnded.Ended ? 1 : 0);
                        Assert.Equal(PlaceEnded.NotHeld, ValueOf(await valve.CompleteAsync(admission, Token)));
                        return;
                    }

                    Assert.True(answer.Position <= last, $"A position grew from {last} to {answer.Position}.");
                    last = answer.Position.Value;
                    if (user % 5 == 4 && call == 3 && await valve.LeaveAsync(user) == PlaceEnded.Ended)
                        return; // else it is that person's turn by now, which the next call tells
                }
            },
            Token)));

        var status = await one.StatusAsync();
        Assert.InRange(most, 1, 5);
        Assert.Equal((People, 0, 0), ((int)status.Counts.Joined, status.Waiting, status.InCheckout));
        Assert.Equal((completed, People), ((int)status.Counts.Completed, (int)(status.Counts.Completed + status.Counts.Left)));
    }

    [Fact]
    public async Task More_turns_than_one_call_gives_are_the_cores_all_the_same()
    {
        const int People = 1_500;
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => now);
        var spec = QueueSpec(ValveRates.Of(2_000, TimeSpan.FromSeconds(1), ValveRates.Most));
        var core = ValveMachine.Start(spec, Seed, now);
        await valve.SetUpAsync(spec);
        for (var user = 1; user <= People; user++)
        {
            await valve.JoinAsync(user);
            core.Join(User(user), now);
        }

        // All of the first 60 s are lived through, so that nobody is dead; then the opening and 0.7 s of it, in one look.
        foreach (var at in (long[])[20, 40, 59])
        {
            now = Start.After(at * Second);
            await valve.StatusAsync();
            core.Advance(now);
            foreach (var user in Enumerable.Range(1, People))
                await AgreeAsync(user);
        }

        now = Start.After(60 * Second + 700_000);
        core.Advance(now);
        core.Stored(core.LastRecord, now);
        foreach (var user in Enumerable.Range(1, People))
            await AgreeAsync(user);
        Assert.Equal(1_401, (await valve.StatusAsync()).InCheckout);

        async Task AgreeAsync(int user)
        {
            core.Stored(core.LastRecord, now);
            Assert.Equal(core.Poll(User(user), now), await valve.PollAsync(user));
        }
    }

    [Fact]
    public async Task Time_passes_though_nobody_asks()
    {
        await using var server = await RedisServer.StartAsync();
        var (now, time) = (Start, new FakeTimeProvider());
        using var valve = await ConnectAsync(server, time, () => now);
        await valve.SetUpAsync(ValveSpec.Of(Sale, Start, Start, ValveRates.Of(1, TimeSpan.FromSeconds(1), 1), TimeSpan.FromSeconds(10)));
        await valve.JoinAsync(1);
        await valve.JoinAsync(2);
        Assert.Equal(1, await server.NumberAsync("ZCARD", "t{sale}"));

        // Both turns pass unused, without a question.
        for (var second = 1; second <= 20; second++)
        {
            var before = await server.CommandAsync("GETRANGE", "v{sale}", "0", "7");
            now = now.After(Second);
            await UntilAsync(async () =>
            {
                // A look that falls due while the one before it is under way is left out.
                time.Advance(TimeSpan.FromMilliseconds(250));
                return await server.CommandAsync("GETRANGE", "v{sale}", "0", "7") != before;
            });
        }

        Assert.Equal(0, await server.NumberAsync("EXISTS", "t{sale}", "q{sale}", "p{sale}"));
        Assert.Equal(2, (await valve.StatusAsync()).Counts.NoShows);
    }

    [Fact]
    public async Task Sales_do_not_know_of_each_other_and_setting_one_up_again_changes_nothing()
    {
        await using var server = await RedisServer.StartAsync();
        using var one = await ConnectAsync(server);
        using var other = await ConnectAsync(server);
        await one.SetUpAsync(OpenSpec(Slow));
        await one.SetUpAsync(ValveSpec.Of(SaleId.Of("another"), Start, Start, Slow));
        await one.JoinAsync(1);
        var seedHash = (await one.ProofAsync()).SeedHash;

        var again = ValueOf(await other.SetUpAsync(OpenSpec(ValveRates.Of(7, TimeSpan.FromSeconds(1), 7)), Token));

        Assert.Equal((Slow, 1), (again.Rates, again.InCheckout));
        Assert.Equal(seedHash, (await other.ProofAsync()).SeedHash);
        Assert.NotEqual(seedHash, ValueOf(await other.DrawAsync(SaleId.Of("another"), Token)).SeedHash);
        Assert.Equal(0, ValueOf(await other.StatusAsync(SaleId.Of("another"), Token)).Counts.Joined);
        Assert.Equal("redis", other.Source);
    }

    [Fact]
    public async Task A_line_stands_in_one_slot_of_a_cluster()
    {
        await using var cluster = await RedisCluster.StartAsync();
        using var valve = new RedisValve(cluster.Options(), TimeProvider.System);
        await UntilAsync(async () => !(await valve.SetUpAsync(OpenSpec(Slow), Token)).IsFault);

        // Whoever is first is in checkout, not in line: that must not be left to who of many is faster.
        await valve.JoinAsync(1);
        await valve.JoinAllAsync(50);

        Assert.Equal(49, (await valve.StatusAsync()).Waiting);
        Assert.Equal(PlaceEnded.Ended, await valve.LeaveAsync(10));
        Assert.Equal(48, ValueOf(await valve.CommandAsync(Sale, ValveCommand.Pause, Token)).Waiting);
        Assert.Equal(ValvePhase.Closed, ValueOf(await valve.CommandAsync(Sale, ValveCommand.Close, Token)).Phase);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
