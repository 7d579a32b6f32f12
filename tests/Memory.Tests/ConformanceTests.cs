using OrleansLimiter.Conformance;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>The memory engine answers as the Core does.</summary>
public sealed class ConformanceTests
{
    private const int Length = 60;

    [Fact]
    public Task Every_answer_is_the_cores_though_whole_keys_are_forgotten() =>
        RunAsync(ConformanceFeatures.ForgetsWholeKeys, firstSeed: 1, traces: 10_000);

    [Fact]
    public Task Every_answer_is_the_cores_when_the_clock_is_set_back() =>
        RunAsync(ConformanceFeatures.ForgetsWholeKeys | ConformanceFeatures.StepsBack, firstSeed: 100_001, traces: 10_000);

    [Fact]
    public Task Every_answer_is_the_cores_where_callers_of_a_leaky_bucket_wait_and_go_away() => ConformanceSuite.RunLinesAsync(
        new MemoryTarget(ConformanceFeatures.ForgetsWholeKeys | ConformanceFeatures.StepsBack),
        firstSeed: 500_001,
        traces: 1_000,
        length: 200,
        TestContext.Current.CancellationToken);

    [Fact]
    public Task Every_answer_is_the_cores_where_keys_lend() => ConformanceSuite.RunLeasesAsync(
        new MemoryTarget(ConformanceFeatures.ForgetsWholeKeys | ConformanceFeatures.StepsBack),
        firstSeed: 700_001,
        traces: 2_000,
        length: 100,
        TestContext.Current.CancellationToken);

    private static Task RunAsync(ConformanceFeatures features, long firstSeed, int traces) =>
        ConformanceSuite.RunAsync(new MemoryTarget(features), firstSeed, traces, Length, TestContext.Current.CancellationToken);
}
