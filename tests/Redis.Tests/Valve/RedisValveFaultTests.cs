using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Valve;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>
/// A Redis that is away, frozen, full, or has lost a part lets nobody through; what was told survives what Redis survives.
/// </summary>
public sealed class RedisValveFaultTests
{
    [Fact]
    public async Task A_killed_server_that_writes_everything_comes_back_with_the_line_the_turns_and_the_draw()
    {
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        using var valve = await ConnectAsync(server);
        await valve.SetUpAsync(OpenSpec(Slow));
        await valve.JoinAllAsync(20);
        await valve.LeaveAsync(5);
        var before = await Task.WhenAll(Enumerable.Range(1, 20).Select(valve.PollAsync));
        var proof = await valve.ProofAsync();

        await server.KillAsync();
        Assert.Equal(EngineFaultKind.Unavailable, (await UntilFaultAsync(valve)).Kind);
        await server.RunAsync();
        await UntilAsync(async () => !(await valve.StatusAsync(Sale, Token)).IsFault);

        var after = await Task.WhenAll(Enumerable.Range(1, 20).Select(valve.PollAsync));
        Assert.Equal(before.Select(Essence), after.Select(Essence));
        Assert.Equal(proof.Seed, (await valve.ProofAsync()).Seed);
        Assert.Equal(21, (await valve.JoinAsync(21)).Place);

        static (QueueState, long, int?, Admission?) Essence(ValveAnswer answer) =>
            (answer.State, answer.Place, answer.Position, answer.Admission);
    }

    [Fact]
    public async Task Scripts_that_the_server_forgot_are_sent_again_unnoticed()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server);
        await valve.SetUpAsync(OpenSpec(Slow));
        for (var user = 1; user <= 5; user++)
        {
            await server.CommandAsync("SCRIPT", "FLUSH");
            Assert.Equal(user, (await valve.JoinAsync(user)).Place);
        }
    }

    [Fact]
    public async Task Without_a_server_or_a_sale_nobody_is_let_through()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server);
        Assert.Equal(EngineFault.Unavailable, (await valve.JoinAsync(Sale, User(1), Token)).Fault);
        Assert.Equal(EngineFault.Unavailable, (await valve.JoinAsync(default, User(1), Token)).Fault);
        Assert.Equal(EngineFault.Unavailable, (await valve.CommandAsync(Sale, ValveCommand.Close, Token)).Fault);
        Assert.Equal(EngineFault.Unavailable, (await valve.DrawAsync(Sale, Token)).Fault);
        Assert.Equal(0, await server.NumberAsync("DBSIZE"));

        await valve.SetUpAsync(OpenSpec(Slow));
        await server.KillAsync();
        await UntilFaultAsync(valve);
        Assert.Equal(EngineFault.Unavailable, (await valve.PollAsync(Sale, User(1), Token)).Fault);
        Assert.Equal(EngineFault.Unavailable, (await valve.SetUpAsync(OpenSpec(Slow), Token)).Fault);
    }

    [Fact]
    public async Task A_frozen_server_holds_no_caller_past_its_deadline_and_no_more_commands_than_allowed()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server, options => options.MaxUnanswered = 20);
        await valve.SetUpAsync(OpenSpec(Slow));

        server.Freeze();
        using var deadline = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 20).Select(user => valve.JoinAsync(Sale, User(user), deadline.Token).AsTask()).ToArray();
        var oneTooMany = await valve.JoinAsync(Sale, User(20), Token);
        await deadline.CancelAsync();
        foreach (var call in calls)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        server.Thaw();

        Assert.Equal(EngineFault.Overloaded, oneTooMany.Fault);
        await UntilAsync(async () => !(await valve.StatusAsync(Sale, Token)).IsFault);
    }

    [Fact]
    public async Task A_full_server_is_overloaded_and_nothing_is_done_by_half()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        using var valve = await ConnectAsync(server);
        await valve.SetUpAsync(OpenSpec(Slow));
        await valve.JoinAllAsync(5);

        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        Assert.Equal(EngineFault.Overloaded, (await valve.JoinAsync(Sale, User(6), Token)).Fault);
        Assert.Equal(EngineFault.Overloaded, (await valve.LeaveAsync(Sale, User(3), Token)).Fault);
        Assert.Equal(EngineFault.Overloaded, (await valve.CommandAsync(Sale, ValveCommand.Close, Token)).Fault);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");

        Assert.Equal((5, 4), ((int)(await valve.StatusAsync()).Counts.Joined, (await valve.StatusAsync()).Waiting));
        Assert.Equal(6, (await valve.JoinAsync(6)).Place);
    }

    [Theory]
    [InlineData("v{sale}")]
    [InlineData("s{sale}")]
    [InlineData("p{sale}")]
    [InlineData("q{sale}")]
    [InlineData("h{sale}")]
    [InlineData("t{sale}")]
    [InlineData("g{sale}")]
    public async Task A_valve_that_lost_a_part_is_unavailable_and_is_not_set_up_afresh(string part)
    {
        await using var server = await RedisServer.StartAsync();
        var now = Start;
        using var valve = await ConnectAsync(server, new TestKit.FakeTimeProvider(), () => now);
        await valve.SetUpAsync(QueueSpec(ValveRates.Of(1, TimeSpan.FromHours(1), 1)));
        await valve.JoinAllAsync(3);
        await valve.LeaveAsync(2);
        foreach (var at in Enumerable.Range(1, 60))
        {
            now = Start.After(at * Second);
            foreach (var user in at % 20 == 0 ? [1, 3] : (int[])[])
                await valve.PollAsync(user);
            await valve.StatusAsync();
        }

        Assert.Equal((1, 1), ((await valve.StatusAsync()).InCheckout, (await valve.StatusAsync()).Waiting));
        Assert.Equal(1, await server.NumberAsync("DEL", part));

        Assert.Equal(EngineFault.Unavailable, (await valve.PollAsync(Sale, User(1), Token)).Fault);
        Assert.Equal(EngineFault.Unavailable, (await valve.SetUpAsync(QueueSpec(Slow), Token)).Fault);
    }

    [Fact]
    public async Task A_valve_of_a_server_that_forgot_everything_is_unavailable_until_it_is_set_up_and_its_admissions_are_not_the_new_ones()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server);
        await valve.SetUpAsync(OpenSpec(Slow));
        var old = (await valve.JoinAsync(1)).Admission!.Value;

        await server.CommandAsync("FLUSHALL");
        Assert.Equal(EngineFault.Unavailable, (await valve.PollAsync(Sale, User(1), Token)).Fault);
        await valve.SetUpAsync(OpenSpec(Slow));
        var admission = (await valve.JoinAsync(1)).Admission!.Value;

        Assert.Equal(old.Id.Place, admission.Id.Place);
        Assert.Equal(PlaceEnded.NotHeld, ValueOf(await valve.CompleteAsync(old, Token)));
        Assert.Equal(PlaceEnded.Ended, ValueOf(await valve.CompleteAsync(admission, Token)));
    }

    private static async Task<EngineFault> UntilFaultAsync(RedisValve valve)
    {
        var fault = default(EngineFault);
        await UntilAsync(async () => (fault = (await valve.StatusAsync(Sale, Token)).Fault).Kind == EngineFaultKind.Unavailable);
        return fault;
    }
}
