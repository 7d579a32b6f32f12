using OrleansLimiter.Conformance.Valve;
using Xunit;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>The valve's scripts answer as the Core's machine does, in every field.</summary>
public sealed class RedisValveConformanceTests
{
    private const int Length = 60;

    [Fact]
    public async Task Every_answer_is_the_cores()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisValveTarget(server, engines: 1);

        await ValveConformanceSuite.RunAsync(target, firstSeed: 1, traces: 150, Length, TestContext.Current.CancellationToken);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Every_answer_is_the_cores_though_each_call_comes_through_another_front_end()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisValveTarget(server, engines: 2);

        await ValveConformanceSuite.RunAsync(target, firstSeed: 100_001, traces: 150, Length, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_answer_is_the_cores_though_the_server_forgets_the_scripts_in_between()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisValveTarget(server, engines: 1, interrupt: () => server.CommandAsync("SCRIPT", "FLUSH"));

        await ValveConformanceSuite.RunAsync(target, firstSeed: 200_001, traces: 5, Length, TestContext.Current.CancellationToken);
    }
}
