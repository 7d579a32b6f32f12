using Microsoft.Extensions.Logging.Abstractions;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Engines.Redis.Valve;
using OrleansLimiter.Redis.Tests.Valve;
using OrleansLimiter.TestKit.Processes;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>
/// A server on which limits do not hold is told of by name and never asked for a decision. Garnet is played: it says of itself what Garnet
/// 2.2.8 does.
/// </summary>
public sealed class UnsupportedServerTests
{
    private const string Garnet = "garnet_version:2.2.8\r\nserver_name:garnet\r\nredis_version:7.4.3\r\nredis_mode:standalone\r\n";
    private const string Valkey = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nredis_mode:standalone\r\n";

    // What would decide, or teach the server a script that does.
    private static readonly string[] Deciding = ["EVALSHA", "EVAL", "SCRIPT", "SET", "SETRANGE"];

    private volatile string _says = Garnet;

    [Fact]
    public async Task A_Garnet_is_told_of_by_name_and_is_asked_for_nothing()
    {
        using var server = new PlayedRedis(Answer);
        using var engine = new RedisEngine(OptionsFor(server), TimeProvider.System);
        using var valve = new RedisValve(OptionsFor(server), TimeProvider.System);

        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem is not null && valve.Connection.Problem is not null));

        Assert.Equal(
            new RedisConnectionState(false, $"{server.Address} is not a server that limits hold on (Garnet 2.2.8)"), engine.Connection);
        Assert.Equal(engine.Connection, valve.Connection);
        Assert.True(engine.Connection.IsUnsupported);
        Assert.Equal(EngineFault.Unavailable, (await engine.AskAsync(Request("one", TenAnHour))).Fault);
        Assert.True((await valve.SetUpAsync(TestValve.OpenSpec(TestValve.Slow), TestValve.Token)).IsFault);
        Assert.Empty(server.Commands.Intersect(Deciding));
    }

    [Fact]
    public async Task A_start_on_a_Garnet_ends_by_name()
    {
        using var server = new PlayedRedis(Answer);
        using var engine = new RedisEngine(OptionsFor(server), TimeProvider.System);
        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Problem is not null));
        var place = new RedisPlace(RedisAddress.Local, "REDIS_URL", "a test says so");

        var start = new RedisStart(place, engine, TimeProvider.System, NullLogger<RedisStart>.Instance);

        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => start.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains(
            $"REDIS_URL is not possible here: it must name a Redis: {server.Address} is not a server that limits hold on "
                + "(Garnet 2.2.8).",
            wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Valkey_in_its_place_is_asked_and_a_Garnet_in_the_Valkeys_is_not()
    {
        using var server = new PlayedRedis(Answer);
        using var engine = new RedisEngine(OptionsFor(server), TimeProvider.System);
        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.IsUnsupported));

        _says = Valkey;
        server.HangUp();
        await UntilAsync(engine, async engine =>
        {
            await engine.AskAsync(Request("one", TenAnHour));
            return server.Commands.Contains("EVALSHA");
        });
        Assert.False(engine.Connection.IsUnsupported);

        _says = Garnet;
        server.HangUp();
        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.IsUnsupported));
    }

    private static RedisEngineOptions OptionsFor(PlayedRedis server)
    {
        var options = new RedisEngineOptions { AnswerPatience = Patience, ConnectPatience = ConnectPatience };
        options.EndPoints.Add(server.Address.ToString()!);
        return options;
    }

    /// <summary>As much as a client needs to find itself connected.</summary>
    private string Answer(IReadOnlyList<string> words) => words[0].ToUpperInvariant() switch
    {
        "INFO" => PlayedRedis.Text($"{_says}role:master\r\n"),
        "CLIENT" => "+OK",
        "CONFIG" => "*0",
        "ECHO" => PlayedRedis.Text(words[1]),
        "GET" => "$-1",
        "PING" => "+PONG",
        "SETRANGE" => ":0",
        "SUBSCRIBE" => $"*3\r\n{PlayedRedis.Text("subscribe")}\r\n{PlayedRedis.Text(words[1])}\r\n:1",
        _ => $"-ERR unknown command '{words[0]}'",
    };
}
