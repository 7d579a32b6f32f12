using OrleansLimiter.AbuseBench.Report;
using OrleansLimiter.AbuseBench.Service;

namespace OrleansLimiter.AbuseBench;

/// <summary>One run of an attack against one engine. It stops whatever it started.</summary>
/// <param name="engine">The engine: memory, redis or orleans.</param>
/// <param name="options">What the command line says.</param>
internal sealed class AttackRun(string engine, AttackOptions options) : IAsyncDisposable
{
    private readonly List<AttackedService> _services = [];

    /// <summary>The engine: memory, redis or orleans.</summary>
    public string Engine => engine;

    /// <summary>What was found.</summary>
    public Findings Findings { get; } = new();

    /// <summary>How long the attack lasts.</summary>
    public TimeSpan Duration(int otherwiseSeconds) => TimeSpan.FromSeconds(options.Seconds ?? otherwiseSeconds);

    /// <summary>How many requests are sent.</summary>
    public int Requests(int otherwise) => options.Requests ?? otherwise;

    /// <summary>Starts the service and waits until it is ready and its engine answers.</summary>
    /// <param name="setup">How; null: as <c>Development</c> starts out of the box.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<AttackedService> StartAsync(ServiceSetup? setup, CancellationToken cancellation)
    {
        var service = new AttackedService(engine, options, setup ?? new ServiceSetup());
        _services.Add(service);
        await service.StartAsync(cancellation);
        return service;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
            await service.DisposeAsync();
    }
}
