using Microsoft.Extensions.Hosting;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>Opens the gate when the host has started, its silo or client with it, and closes it before they stop.</summary>
internal sealed class OwnClusterGate(ClusterGate gate, Func<IGrainFactory> grains, Func<IClusterManifestProvider?> types)
    : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        gate.Open(grains(), types());
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        gate.Close();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
