using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Hosting.Metrics;
using Xunit;

namespace OrleansLimiter.Silo.Tests;

/// <summary>What the cluster's host inside this process measures is among this process's metrics.</summary>
public sealed class ClusterMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MetricStore _store;

    public ClusterMetricsTests() => _store = new MetricStore(Outer);

    private IMeterFactory Outer => _services.GetRequiredService<IMeterFactory>();

    public void Dispose()
    {
        _store.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void A_host_that_is_built_anew_is_measured_in_place_of_the_old_one()
    {
        var first = new ChildMeters(Outer);
        Measure(first, 5);
        Assert.Equal([5], Values());

        first.Dispose();
        Assert.Empty(Values());

        using var second = new ChildMeters(Outer);
        Measure(second, 7);
        Assert.Equal([7], Values());
    }

    [Fact]
    public void The_host_of_another_one_is_not_measured()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var child = new ChildMeters(services.GetRequiredService<IMeterFactory>());

        Measure(child, 5);

        Assert.Empty(Values());
    }

    [Fact]
    public void A_meter_of_one_name_is_one_meter()
    {
        using var child = new ChildMeters(Outer);

        Assert.Same(child.Create("Microsoft.Orleans"), child.Create("Microsoft.Orleans"));
        Assert.NotSame(child.Create("Microsoft.Orleans"), child.Create("Microsoft.Orleans.Other"));
    }

    [Fact]
    public void What_the_cluster_measures_without_a_description_has_one_here()
    {
        using var child = new ChildMeters(Outer);
        Measure(child, 5);

        Assert.StartsWith(
            "# HELP orleans_catalog_activations Actors that are active in this silo.\n# TYPE orleans_catalog_activations "
                + "gauge\norleans_catalog_activations 5\n",
            PrometheusText.Write(_store.Read().Where(family => family.Instrument.Name == "orleans-catalog-activations")),
                StringComparison.Ordinal);
    }

    private static void Measure(ChildMeters meters, int value) =>
        meters.Create("Microsoft.Orleans").CreateObservableGauge("orleans-catalog-activations", () => value);

    private IEnumerable<double> Values() => _store.Read()
        .Where(family => family.Instrument.Name == "orleans-catalog-activations")
        .SelectMany(family => family.Series)
        .Select(series => series.Value);
}
