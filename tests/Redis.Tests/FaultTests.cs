using System.Collections.Concurrent;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Redis;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>A Redis that is away, frozen, full or not ours to write to is a fault, never a refusal and never an exception.</summary>
public sealed class FaultTests
{
    private const string Secret = "not-to-be-printed";

    [Fact]
    public async Task Without_a_server_the_engine_starts_at_once_is_unavailable_and_joins_when_one_appears()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();

        using var engine = new RedisEngine(server.Options(), TimeProvider.System);
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem is not null));
        Assert.False(engine.Connection.IsConnected);
        await server.RunAsync();

        await UntilItDecidesAsync(engine);
        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
        Assert.Null(engine.Connection.Problem);
    }

    [Fact]
    public async Task A_server_that_is_killed_and_restarted_under_load_is_only_ever_a_fault()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        using var stop = new CancellationTokenSource();
        var (decided, faulted) = (0, 0);
        var callers = Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var reply = await engine.AskAsync(Request("one", Plenty));
                if (!reply.IsFault)
                    Interlocked.Increment(ref decided);
                else if (reply.Fault == EngineFault.Unavailable)
                    Interlocked.Increment(ref faulted);
                else
                    throw new InvalidOperationException(reply.Fault.Kind.ToString());
                await Task.Yield();
            }
        })).ToArray();
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref decided) > 1_000));

        await server.KillAsync();
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref faulted) > 0));
        await server.RunAsync();
        var atRestart = Volatile.Read(ref decided);
        await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref decided) > atRestart + 1_000));
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        // The restarted server knew no script and no key: what is used was decided since.
        Assert.InRange(Plenty.Capacity - await engine.RemainingAsync("one", Plenty), 1_000, decided);
        Assert.Equal(0, engine.Unanswered);
    }

    [Fact]
    public async Task The_engine_says_each_time_that_its_server_is_back_and_only_then()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        using var engine = new RedisEngine(server.Options(), TimeProvider.System);
        RedisConnectionState? told = null;
        var returned = 0;
        engine.ConnectionChanged += state => Volatile.Write(ref told, state);
        engine.Returned += () => Interlocked.Increment(ref returned);

        for (var outage = 1; outage <= 2; outage++)
        {
            await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref told) is { IsConnected: false }));
            Assert.Equal(outage - 1, Volatile.Read(ref returned));
            await server.RunAsync();
            await UntilAsync(engine, _ => Task.FromResult(Volatile.Read(ref returned) == outage));
            await UntilItDecidesAsync(engine);
            await server.KillAsync();
        }
    }

    [Fact]
    public async Task Who_begins_to_listen_late_is_told_at_once_how_the_connection_is_and_then_of_each_change()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = new RedisEngine(server.Options(Patiently), TimeProvider.System);
        var (first, late) = (new ConcurrentQueue<RedisConnectionState>(), new ConcurrentQueue<RedisConnectionState>());
        engine.ConnectionChanged += first.Enqueue;
        await UntilAsync(engine, _ => Task.FromResult(!first.IsEmpty));

        engine.ConnectionChanged += late.Enqueue;

        Assert.Equal([new RedisConnectionState(true, null)], late);
        await server.KillAsync();
        await UntilAsync(engine, _ => Task.FromResult(late.Count > 1));
        Assert.Equal(first.Take(2), late.Take(2));
    }

    [Fact]
    public async Task A_server_that_comes_back_empty_decides_on_and_an_answered_request_is_forgotten_with_its_key()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        await engine.DecideAsync(Request("one", TenAnHour, permits: 10, id: "order-1"));
        await server.KillAsync();
        await UntilAsync(engine, async engine => (await engine.AskAsync(Request("one", TenAnHour))).IsFault);
        await server.RunAsync();
        await UntilItDecidesAsync(engine);

        Assert.Equal(0, await server.NumberAsync("EXISTS", NameOf("one")));
        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour, id: "order-1"))).Remaining);
    }

    [Fact]
    public async Task A_frozen_server_holds_no_caller_past_its_deadline_and_no_more_commands_than_allowed()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server, options => options.MaxUnanswered = 50);
        await engine.DecideAsync(Request("one", Plenty));

        server.Freeze();
        using var deadline = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 50).Select(_ => engine.ExecuteAsync(Request("one", Plenty), deadline.Token).AsTask()).ToArray();
        var oneTooMany = await engine.AskAsync(Request("one", Plenty));
        await deadline.CancelAsync();
        foreach (var call in calls)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        var stillTooMany = await engine.AskAsync(Request("one", Plenty));
        server.Thaw();

        Assert.Equal(EngineFault.Overloaded, oneTooMany.Fault);
        Assert.Equal(EngineFault.Overloaded, stillTooMany.Fault);
        await UntilAsync(engine, engine => Task.FromResult(engine.Unanswered == 0));
        await UntilItDecidesAsync(engine);
    }

    [Fact]
    public async Task Scripts_that_the_server_forgot_are_sent_again_unnoticed()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        for (var i = 1; i <= 5; i++)
        {
            Assert.Equal(10 - i, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
            await server.CommandAsync("SCRIPT", "FLUSH");
        }
    }

    [Fact]
    public async Task Keys_that_were_flushed_start_fresh()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        await engine.DecideAsync(Request("one", TenAnHour, permits: 10, id: "order-1"));

        await server.CommandAsync("FLUSHALL");

        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour, id: "order-1"))).Remaining);
    }

    [Fact]
    public async Task A_full_server_is_overloaded_and_decides_again_once_there_is_room()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory", "1", "--maxmemory-policy", "noeviction");
        using var engine = await ConnectAsync(server);

        Assert.Equal(EngineFault.Overloaded, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        Assert.Equal(10, await engine.RemainingAsync("one", TenAnHour));
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");

        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
    }

    [Fact]
    public async Task A_replica_that_may_not_be_written_to_is_unavailable()
    {
        await using var master = await RedisServer.StartAsync();
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        await engine.DecideAsync(Request("one", TenAnHour));

        await server.CommandAsync("REPLICAOF", "127.0.0.1", master.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        await server.CommandAsync("REPLICAOF", "NO", "ONE");

        await UntilItDecidesAsync(engine);
    }

    [Fact]
    public async Task A_wrong_password_is_a_clear_problem_and_is_not_printed()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "right");
        var states = new System.Collections.Concurrent.ConcurrentQueue<RedisConnectionState>();
        using var engine = new RedisEngine(server.Options(options => options.Password = Secret), TimeProvider.System);
        engine.ConnectionChanged += states.Enqueue;

        await UntilAsync(engine, engine =>
            Task.FromResult(engine.Connection.Problem?.Contains("refuses the password", StringComparison.Ordinal) == true));

        Assert.Contains(server.Address, engine.Connection.Problem, StringComparison.Ordinal);
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        Assert.DoesNotContain(states.Append(engine.Connection), state => state.ToString().Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_right_password_and_a_database_of_its_own_are_used()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "right");
        using var engine = await ConnectAsync(server, options =>
        {
            options.Password = "right";
            options.Database = 3;
        });

        await engine.DecideAsync(Request("one", TenAnHour));

        await Assert.ThrowsAnyAsync<Exception>(() => server.NumberAsync("DBSIZE"));
        Assert.Contains("db3:keys=1", await RawRedis.CommandsAsync(
            server.Port, [["AUTH", "right"], ["INFO", "keyspace"]], TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_users_name_is_used()
    {
        await using var server = await RedisServer.StartAsync("--user", "limiter", "on", ">right", "~*", "+@all");
        using var engine = await ConnectAsync(server, options => (options.User, options.Password) = ("limiter", "right"));

        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);

        Assert.Contains("user=limiter", await server.CommandAsync("CLIENT", "LIST"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("localhost:")]
    [InlineData(":6379")]
    [InlineData("localhost:0")]
    [InlineData("localhost:65536")]
    public void An_address_that_is_none_is_refused_by_name(string endPoint)
    {
        var options = new RedisEngineOptions();
        options.EndPoints.Add(endPoint);

        Assert.Contains(
            $"EndPoints holds '{endPoint}'", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_out_of_its_bounds_is_refused()
    {
        Assert.Throws<ArgumentException>(new RedisEngineOptions().Validate);
        Assert.Throws<ArgumentException>(new RedisEngineOptions { EndPoints = { "localhost:6379" }, Database = -1 }.Validate);
        Assert.Throws<ArgumentException>(new RedisEngineOptions { EndPoints = { "localhost:6379" }, MaxUnanswered = 0 }.Validate);
    }

    [Fact]
    public async Task A_continuation_that_blocks_holds_up_nobody_else()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        using var release = new ManualResetEventSlim();

        var blocked = Task.Run(async () =>
        {
            await engine.DecideAsync(Request("one", Plenty));
            release.Wait(Limit, TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 100; i++)
            await engine.DecideAsync(Request("two", Plenty));
        release.Set();
        await blocked;

        Assert.Equal(Plenty.Capacity - 100, await engine.RemainingAsync("two", Plenty));
    }

    [Fact]
    public async Task A_value_that_is_not_the_engines_is_no_decision()
    {
        await using var server = await RedisServer.StartAsync();
        using var engine = await ConnectAsync(server);
        await server.CommandAsync("SET", NameOf("one"), "hello");

        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
    }
}
