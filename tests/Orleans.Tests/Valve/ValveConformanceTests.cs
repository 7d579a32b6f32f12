using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Conformance.Valve;
using OrleansLimiter.Grains.Valve;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Valve;

/// <summary>The cluster's valve answers as the Core's machine does, through late storage and crashes.</summary>
public sealed class ValveConformanceTests
{
    private const int Length = 60;
    private const int Traces = 60;
    private const int LongestPlay = 600_000;

    private static readonly ValveLogSize Small = new(SegmentBytes: 100, Slots: 64, SegmentsPerSnapshot: 3);

    [Fact(Timeout = LongestPlay)]
    public async Task Every_answer_of_two_silos_is_the_cores_though_storage_is_late()
    {
        await using var silos = await StartAsync(ValveLogSize.Default);

        await ValveConformanceSuite.RunAsync(
            new ValveTarget(silos, ValveFeatures.StoresWhenTold | ValveFeatures.StandsStill), 300_001, Traces, Length,
                TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = LongestPlay)]
    public async Task Every_answer_is_the_cores_though_what_is_not_stored_is_lost()
    {
        await using var silos = await StartAsync(ValveLogSize.Default);
        var target = new ValveTarget(silos, ValveFeatures.StoresWhenTold | ValveFeatures.Restarts);

        await ValveConformanceSuite.RunAsync(target, 310_001, Traces, Length, TestContext.Current.CancellationToken);

        Assert.True(target.Crashes > 25, $"{target.Crashes} crashes");
    }

    [Fact(Timeout = LongestPlay)]
    public async Task Every_answer_is_the_cores_though_most_of_what_is_stored_is_in_snapshots()
    {
        await using var silos = await StartAsync(Small);
        var target = new ValveTarget(silos, ValveFeatures.StoresWhenTold | ValveFeatures.Restarts);

        await ValveConformanceSuite.RunAsync(target, 320_001, Traces, Length, TestContext.Current.CancellationToken);

        Assert.True(target.Crashes > 25, $"{target.Crashes} crashes");
    }

    private static Task<TestSilos> StartAsync(ValveLogSize size) => TestSilos.StartAsync(valves: options =>
    {
        options.BatchInterval = TimeSpan.Zero;
        options.LogSize = size;
        options.SeedOf = sale => new DrawSeed(SHA256.HashData(Encoding.UTF8.GetBytes(sale.Value)));
    });
}
