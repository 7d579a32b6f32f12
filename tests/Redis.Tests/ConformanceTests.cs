using OrleansLimiter.Conformance;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>The scripts answer as the Core does, in every field.</summary>
public sealed class ConformanceTests
{
    private const int Length = 60;

    [Fact]
    public async Task Every_answer_is_the_cores()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server);

        await ConformanceSuite.RunAsync(target, firstSeed: 1, traces: 1_000, Length, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_answer_is_the_cores_where_callers_of_a_leaky_bucket_wait_and_go_away()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server);

        await ConformanceSuite.RunLinesAsync(target, firstSeed: 500_001, traces: 200, length: 200, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Every_answer_is_the_cores_where_keys_lend(bool sharesSpecs, bool travelsInBatches)
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server, sharesSpecs, travelsInBatches: travelsInBatches);

        await ConformanceSuite.RunLeasesAsync(target, firstSeed: 700_001, traces: 300, length: 80, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_answer_is_the_cores_though_each_request_comes_from_another_front_end()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server, sharesSpecs: false);

        await ConformanceSuite.RunAsync(target, firstSeed: 300_001, traces: 600, Length, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_answer_is_the_cores_where_requests_travel_in_batches(bool sharesSpecs)
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server, sharesSpecs, travelsInBatches: true);

        await ConformanceSuite.RunAsync(target, firstSeed: 600_001, traces: 600, Length, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_answer_is_the_cores_though_the_server_forgets_the_scripts_in_between()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server, interrupt: () => server.CommandAsync("SCRIPT", "FLUSH"));

        await ConformanceSuite.RunAsync(target, firstSeed: 400_001, traces: 20, Length, TestContext.Current.CancellationToken);
    }
}
