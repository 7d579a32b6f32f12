using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Silo;

namespace OrleansLimiter.OrleansBenchmarks;

/// <summary>The product's silo and client, on free ports of this machine and in a cluster of their own.</summary>
internal static class BenchSilo
{
    private static readonly IMeterFactory Meters = new ServiceCollection().AddMetrics().BuildServiceProvider()
        .GetRequiredService<IMeterFactory>();

    /// <summary>Where a silo is to stand, in the words of its settings.</summary>
    public static Dictionary<string, string?> NewPlace() => new()
    {
        ["SILO_PORT"] = FreePort(),
        ["GATEWAY_PORT"] = FreePort(),
        ["CLUSTER_ID"] = $"bench-{Guid.NewGuid():N}",
        ["SERVICE_ID"] = $"bench-{Guid.NewGuid():N}",
    };

    /// <summary>The silo at a place, not started.</summary>
    public static IHost BuildSilo(IReadOnlyDictionary<string, string?> place) =>
        LimiterSilo.Build(SettingsOf(place), TimeProvider.System, NullLoggerFactory.Instance, Meters);

    /// <summary>A client of the silo at a place, not started.</summary>
    public static IHost BuildClient(IReadOnlyDictionary<string, string?> place) =>
        ClusterClient.Build(SettingsOf(place).Client, TimeProvider.System, NullLoggerFactory.Instance, Meters);

    private static ClusterSettings SettingsOf(IReadOnlyDictionary<string, string?> place) =>
        ClusterSettings.Load(
            new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(place).Build(), isDevelopment: true);

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
