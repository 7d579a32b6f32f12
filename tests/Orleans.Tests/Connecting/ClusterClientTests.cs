using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Connecting;

/// <summary>A client whose cluster is not there.</summary>
public sealed class ClusterClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_tries_for_as_long_as_there_is_no_cluster_and_stops_when_told(bool throughRedis)
    {
        // A port that is held and does not listen: nobody answers there.
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)held.LocalEndPoint!).Port;
        var time = new WatchedTime(new FakeTimeProvider());
        var options = throughRedis
            ? new ClusterOptions { Redis = $"127.0.0.1:{port},abortConnect=false,connectTimeout=200,asyncTimeout=200" }
            : new ClusterOptions { LocalGatewayPort = port };
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var host = ClusterClient.Build(options, time, new Lines(), services.GetRequiredService<IMeterFactory>());
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var start = host.StartAsync(stopping.Token);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var pause = time.SetAsync(ClusterTimes.JoinRetry, Cancellation);
            if (await Task.WhenAny(pause, start) == start)
                await start;
            Assert.False(start.IsCompleted);
            if (attempt < 3)
                time.Advance(ClusterTimes.JoinRetry);
        }

        // In the middle of a pause that the clock never ends.
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.WaitAsync(TimeSpan.FromSeconds(10), Cancellation));
        await host.StopAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }
}
