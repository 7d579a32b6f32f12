using System.Collections.Concurrent;
using System.Globalization;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Redis.Tests.Valve;
using OrleansLimiter.TestKit.Processes;
using StackExchange.Redis;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>
/// A server whose place another has taken, while the connections to it stay open, is left within 2 s, and that is said once.
/// </summary>
public sealed class DemotionTests
{
    // 2 s are promised of a machine that is not busy; a fault lasts as long as anybody watches.
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_became_a_replica_behind_a_stable_address_is_left_within_2_s_and_that_is_said_once(bool movesLater)
    {
        await using var old = await RedisServer.StartAsync();
        await using var master = await RedisServer.StartAsync();
        await using var address = new StableAddress(old.Port);
        using var engine = new RedisEngine(OptionsFor(address), TimeProvider.System);
        using var valve = new RedisValve(OptionsFor(address), TimeProvider.System);
        var told = new ConcurrentQueue<RedisConnectionState>();
        engine.ConnectionChanged += told.Enqueue;
        await UntilItDecidesAsync(engine);
        await TestValve.UntilAsync(() => Task.FromResult(valve.Connection.IsConnected));
        await UntilAsync(engine, _ => Task.FromResult(!told.IsEmpty));
        var before = told.Count;

        if (!movesLater)
            address.MoveTo(master.Port);
        await DemoteAsync(old, master);
        await UntilAsync(engine, async engine => (await engine.AskAsync(Request("one", TenAnHour))).IsFault);
        await UntilAsync(engine, _ => Task.FromResult(told.Skip(before).Any(state => !state.IsConnected)));
        address.MoveTo(master.Port);
        var start = TimeProvider.System.GetTimestamp();
        await UntilAsync(engine, async engine => !(await engine.AskAsync(Request("two", TenAnHour))).IsFault);
        await TestValve.UntilAsync(async () => !(await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow), TestValve.Token)).IsFault);
        var took = TimeProvider.System.GetElapsedTime(start);

        Assert.InRange(took, TimeSpan.Zero, Within);
        await UntilAsync(engine, _ => Task.FromResult(told.Last().IsConnected));
        Assert.Equal([$"{OptionsFor(address).EndPoints[0]} answers READONLY", null], told.Skip(before).Select(state => state.Problem));
        Assert.True(await master.NumberAsync("EXISTS", NameOf("two")) == 1, "The new master did not decide.");
    }

    [Fact]
    public async Task Only_the_valve_asks_and_it_leaves_all_the_same()
    {
        await using var old = await RedisServer.StartAsync();
        await using var master = await RedisServer.StartAsync();
        await using var address = new StableAddress(old.Port);
        using var valve = new RedisValve(OptionsFor(address), TimeProvider.System);
        await TestValve.UntilAsync(() => Task.FromResult(valve.Connection.IsConnected));
        await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow));

        address.MoveTo(master.Port);
        await DemoteAsync(old, master);

        await TestValve.UntilAsync(async () =>
            (await valve.JoinAsync(TestValve.Sale, TestValve.User(1), TestValve.Token)).Fault == EngineFault.Unavailable);
        var start = TimeProvider.System.GetTimestamp();
        await TestValve.UntilAsync(async () => !(await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow), TestValve.Token)).IsFault);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, Within);
    }

    [Fact]
    public async Task A_server_that_was_a_replica_from_the_start_is_a_clear_problem_and_is_used_once_it_is_promoted()
    {
        await using var master = await RedisServer.StartAsync();
        await using var server = await RedisServer.StartAsync();
        await DemoteAsync(server, master);
        using var engine = new RedisEngine(server.Options(), TimeProvider.System);

        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem == $"{server.Address} answers READONLY"));
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        await server.CommandAsync("REPLICAOF", "NO", "ONE");

        await UntilItDecidesAsync(engine);
        Assert.True(engine.Connection.IsConnected);
    }

    [Theory]
    [InlineData("READONLY You can't write against a read only replica.", "READONLY")]
    [InlineData("LOADING Redis is loading the dataset in memory", "LOADING")]
    [InlineData("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "MASTERDOWN")]
    [InlineData("CLUSTERDOWN The cluster is down", "CLUSTERDOWN")]
    [InlineData("NOREPLICAS Not enough good replicas to write.", "NOREPLICAS")]
    [InlineData("ERR Error running script: @user_script: 12: -READONLY You can't write against a read only replica.", "READONLY")]
    public async Task Each_answer_of_a_server_that_is_not_the_one_to_ask_has_it_connected_to_anew(string answer, string code)
    {
        await using var server = await RedisServer.StartAsync();
        await using var address = new StableAddress(server.Port);
        var options = OptionsFor(address);
        Exception? thrown = null;
        options.Decorate = database => ThrowingDatabase.Around(database, () => thrown, isAtOnce: false);
        var told = new ConcurrentQueue<RedisConnectionState>();
        using var engine = new RedisEngine(options, TimeProvider.System);
        engine.ConnectionChanged += told.Enqueue;
        await UntilItDecidesAsync(engine);
        await UntilAsync(engine, _ => Task.FromResult(!told.IsEmpty));
        var (connections, before) = (address.Connections, told.Count);

        thrown = new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, answer);
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        thrown = null;

        await UntilAsync(engine, _ => Task.FromResult(told.Count == before + 2));
        Assert.Equal([$"{options.EndPoints[0]} answers {code}", null], told.Skip(before).Select(state => state.Problem));
        Assert.True(address.Connections > connections, "It was not connected to anew.");
        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
    }

    private static RedisEngineOptions OptionsFor(StableAddress address)
    {
        var options = new RedisEngineOptions { ConnectPatience = TestEngine.ConnectPatience, AnswerPatience = TestEngine.Patience };
        options.EndPoints.Add(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{address.Port}"));
        return options;
    }

    private static Task<string> DemoteAsync(RedisServer old, RedisServer master) =>
        old.CommandAsync("REPLICAOF", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture));
}
