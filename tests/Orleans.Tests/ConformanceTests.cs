using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Conformance;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Orleans.Tests.Batches;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>The cluster answers as the Core does.</summary>
public sealed class ConformanceTests
{
    private const int Length = 60;

    [Fact]
    public async Task Every_answer_of_two_silos_is_the_cores()
    {
        await using var silos = await TestSilos.StartAsync();
        var target = new OrleansTarget(silos, restartsOnceIn: 0);

        await ConformanceSuite.RunAsync(target, firstSeed: 1, traces: 600, Length, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(5, 20)]
    public async Task Every_answer_is_the_cores_where_callers_of_a_leaky_bucket_wait_and_go_away(int restartsOnceIn, int traces)
    {
        await using var silos = await TestSilos.StartAsync();

        var target = new OrleansTarget(silos, restartsOnceIn);

        await ConformanceSuite.RunLinesAsync(target, firstSeed: 500_001, traces, length: 200, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_answer_is_the_cores_where_keys_lend()
    {
        await using var silos = await TestSilos.StartAsync();
        var target = new OrleansTarget(silos, restartsOnceIn: 0);

        await ConformanceSuite.RunLeasesAsync(target, firstSeed: 700_001, traces: 200, length: 80, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Every_answer_is_the_cores_though_actors_are_stored_and_restored_in_between()
    {
        await using var silos = await TestSilos.StartAsync();
        var target = new OrleansTarget(silos, restartsOnceIn: 3);

        await ConformanceSuite.RunAsync(target, firstSeed: 200_001, traces: 200, Length, TestContext.Current.CancellationToken);

        Assert.True(target.Restarts > 500, $"{target.Restarts} restarts");
    }

    [Fact]
    public async Task Every_answer_that_comes_in_a_batch_is_the_cores()
    {
        var watch = new BatchWatch();
        await using var silos = await TestSilos.StartAsync(more: silo => silo.Services.AddSingleton<IIncomingGrainCallFilter>(watch));
        var engine = silos.FrontEnd(batches: new BatchSettings { CallsAlone = 0, Least = 1, Late = TimeSpan.FromMinutes(1) });
        var target = new OrleansTarget(silos, restartsOnceIn: 0, engine);

        await ConformanceSuite.RunAsync(target, firstSeed: 700_001, traces: 150, Length, TestContext.Current.CancellationToken);
        await ConformanceSuite.RunLinesAsync(
            new OrleansTarget(silos, restartsOnceIn: 5, engine), firstSeed: 710_001, traces: 10, length: 200,
            TestContext.Current.CancellationToken);

        Assert.InRange(watch.Batches, 1_000, int.MaxValue);
    }
}
