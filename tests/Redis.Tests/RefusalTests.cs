using System.Collections.Concurrent;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Redis;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>
/// A server that is there and does not do what it is asked: that is told once, in its own words, and again when it is over.
/// </summary>
public sealed class RefusalTests
{
    private const string Full = "OOM command not allowed when used memory > 'maxmemory'";

    [Fact]
    public async Task A_full_server_is_told_of_once_and_again_when_there_is_room()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        using var engine = new RedisEngine(server.Options(Patiently), TimeProvider.System);
        var told = Told(engine);
        await UntilAsync(engine, _ => Task.FromResult(!told.IsEmpty));
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");

        for (var i = 0; i < 20; i++)
            Assert.Equal(EngineFault.Overloaded, (await engine.AskAsync(Request($"{i}", TenAnHour))).Fault);
        Assert.Equal(new RedisConnectionState(true, $"{server.Address} answers {Full}"), engine.Connection);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        await UntilAsync(engine, _ => Task.FromResult(told.Last().Problem is null));

        Assert.Equal([null, $"{server.Address} answers {Full}", null], told.Select(state => state.Problem));
        Assert.All(told, state => Assert.True(state.IsConnected));
    }

    [Fact]
    public async Task One_that_was_full_before_is_told_of_without_any_call()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory", "1", "--maxmemory-policy", "noeviction");
        using var engine = new RedisEngine(server.Options(), TimeProvider.System);

        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem == $"{server.Address} answers {Full}"));
    }

    [Theory]
    [InlineData("evalsha", "NOPERM ")]
    [InlineData("set", "ERR The user executing the script")]
    public async Task A_user_who_lacks_a_right_is_told_of_in_the_servers_words_and_again_when_it_is_given(string command, string words)
    {
        await using var server = await RedisServer.StartAsync("--user", "limiter", "on", ">right", "~l{*", "+@all", $"-{command}");
        using var engine = new RedisEngine(
            server.Options(options => (options.User, options.Password) = ("limiter", "right")), TimeProvider.System);
        var told = Told(engine);

        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem is not null));
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        Assert.StartsWith($"{server.Address} answers {words}", engine.Connection.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("script:", engine.Connection.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("one", engine.Connection.Problem, StringComparison.Ordinal);
        await server.CommandAsync("ACL", "SETUSER", "limiter", $"+{command}");
        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem is null));

        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
        Assert.Single(told, state => state.Problem is not null);
    }

    private static ConcurrentQueue<RedisConnectionState> Told(RedisEngine engine)
    {
        var told = new ConcurrentQueue<RedisConnectionState>();
        engine.ConnectionChanged += told.Enqueue;
        return told;
    }
}
