using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// Sends what is left while the host stops, after the last request: the providers would only do so when they are disposed of, which a host
/// whose time to stop is over never does. A host that is told twice to stop waits for one and the same export.
/// </summary>
internal sealed class OtlpLastExport : IHostedService
{
    private const int PatienceMilliseconds = 5_000;

    private readonly Lazy<Task> _lastExport;

    public OtlpLastExport(IServiceProvider services) => _lastExport = new Lazy<Task>(() => Task.Run(() =>
    {
        services.GetService<MeterProvider>()?.Shutdown(PatienceMilliseconds);
        services.GetService<TracerProvider>()?.Shutdown(PatienceMilliseconds);
    }));

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => _lastExport.Value.WaitAsync(cancellationToken);
}
