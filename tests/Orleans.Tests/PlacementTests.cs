using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>Where keys live.</summary>
public sealed class PlacementTests
{
    /// <summary>
    /// Orleans' own choice is the silo that asks, where silos are about as busy: a front end that is a silo too would draw all of its keys
    /// to itself.
    /// </summary>
    [Fact]
    public async Task Keys_that_one_silo_asks_about_live_on_both()
    {
        const int Keys = 200;
        await using var silos = await TestSilos.StartAsync();
        var asking = silos.Cluster.Silos[0];
        var gate = new ClusterGate();
        var services = silos.Cluster.GetSiloServiceProvider(asking.SiloAddress);
        gate.Open(services.GetRequiredService<IClusterClient>(), services.GetRequiredService<IClusterManifestProvider>());
        var engine = new OrleansEngine(gate);
        for (var i = 0; i < Keys; i++)
        {
            var request = new LimitRequest(TestSilos.Key($"key-{i}"), TestSilos.TenAnHour, Operation.Acquire, Permits.One);
            Assert.False((await engine.ExecuteAsync(request, TestContext.Current.CancellationToken)).IsFault);
        }

        // Chance keeps this within six standard deviations of a half.
        Assert.InRange(Enumerable.Range(0, Keys).Count(i => silos.SiloOf($"key-{i}") == asking), 58, 142);
    }
}
