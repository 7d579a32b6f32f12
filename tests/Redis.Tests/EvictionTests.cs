using OrleansLimiter.Engines.Redis;
using Xunit;
using static OrleansLimiter.Redis.Tests.TestEngine;

namespace OrleansLimiter.Redis.Tests;

/// <summary>
/// A server that throws keys away when it is full makes exhausted limits whole again: that is said as soon as it is connected.
/// </summary>
public sealed class EvictionTests
{
    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("allkeys-random")]
    [InlineData("volatile-lru")]
    [InlineData("volatile-ttl")]
    public async Task A_policy_that_evicts_is_a_risk_that_is_told_with_the_connection(string policy)
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", policy);
        using var engine = new RedisEngine(server.Options(Patiently), TimeProvider.System);
        var told = new System.Collections.Concurrent.ConcurrentQueue<RedisConnectionState>();
        engine.ConnectionChanged += told.Enqueue;

        await UntilAsync(engine, engine => Task.FromResult(engine.Connection.Risk is not null && !told.IsEmpty));

        Assert.StartsWith($"its maxmemory-policy is {policy}, ", engine.Connection.Risk, StringComparison.Ordinal);
        Assert.Equal([engine.Connection], told);
        Assert.True(engine.Connection.IsConnected);
        Assert.Equal(9, (await engine.DecideAsync(Request("one", TenAnHour))).Remaining);
    }

    [Fact]
    public async Task One_that_evicts_nothing_is_none()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        using var engine = new RedisEngine(server.Options(Patiently), TimeProvider.System);
        var told = new System.Collections.Concurrent.ConcurrentQueue<RedisConnectionState>();
        engine.ConnectionChanged += told.Enqueue;

        await UntilAsync(engine, _ => Task.FromResult(!told.IsEmpty));

        Assert.Equal([new RedisConnectionState(true, null)], told);
    }
}
