using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// Keeps this process connected with the cluster for as long as it runs, by a host of its own that is built anew whenever it fails: the
/// outer host's start neither waits for the cluster nor fails with it. Opens the gate while there is a connection. Used by one host.
/// </summary>
/// <param name="build">Makes a host that joins the cluster when it starts, as a client or as a silo.</param>
/// <param name="gate">Who may ask.</param>
/// <param name="time">The clock of the pauses between attempts.</param>
/// <param name="logger">Where coming and going is told, of <see cref="KeylessLoggerFactory"/>'s making.</param>
internal sealed partial class ClusterConnection(Func<IHost> build, ClusterGate gate, TimeProvider time, ILogger<ClusterConnection> logger)
    : BackgroundService
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!stoppingToken.IsCancellationRequested)
        {
            await ConnectAsync(stoppingToken);
            if (!stoppingToken.IsCancellationRequested)
                await Task.Delay(ClusterTimes.JoinRetry, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever ended the connection, the next attempt is made.")]
    private async Task ConnectAsync(CancellationToken stopping)
    {
        IHost? host = null;
        try
        {
            host = build();
            await host.StartAsync(stopping);
            LogConnected(logger);
            gate.Open(host.Services.GetRequiredService<IGrainFactory>(), host.Services.GetService<IClusterManifestProvider>());
            await EndOf(host, stopping);
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            LogFailed(logger, failure);
        }
        catch (OperationCanceledException)
        {
            // Stopped before there was a connection.
        }
        finally
        {
            gate.Close();
            await EndAsync(host);
        }
    }

    /// <summary>Ends when the host does, or the outer one.</summary>
    private static async Task EndOf(IHost host, CancellationToken stopping)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ends = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => ended.TrySetResult());
        var stops = stopping.Register(() => ended.TrySetResult());
        await ended.Task;
        await ends.DisposeAsync();
        await stops.DisposeAsync();
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A host that cannot even be stopped must not keep the next one from being built.")]
    private async Task EndAsync(IHost? host)
    {
        if (host is null)
            return;
        try
        {
            using var patience = new CancellationTokenSource(StopPatience, time);
            await host.StopAsync(patience.Token);
        }
        catch (Exception failure)
        {
            LogFailed(logger, failure);
        }

        host.Dispose();
    }

    [LoggerMessage(1, LogLevel.Information, "Connected with the cluster")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "The connection with the cluster failed and is built anew")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
