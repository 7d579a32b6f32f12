using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLimiter.Engines.Orleans;

namespace OrleansLimiter.Orleans.Tests.Connecting;

/// <summary>A host that joins, fails, ends and stops when the test says so. Safe for many threads.</summary>
internal sealed class ScriptedHost : IHost, IHostApplicationLifetime
{
    private readonly ClusterGate _gate;
    private readonly ServiceProvider _services;
    private readonly CancellationTokenSource _ends = new();
    private readonly TaskCompletionSource _isAsked = Signal();
    private readonly TaskCompletionSource _isWatched = Signal();
    private readonly TaskCompletionSource _isStopping = Signal();
    private readonly TaskCompletionSource _isDisposed = Signal();

    public ScriptedHost(ClusterGate gate)
    {
        _gate = gate;
        _services = new ServiceCollection()
            .AddSingleton(Grains)
            .AddSingleton<IHostApplicationLifetime>(_ => this)
            .BuildServiceProvider();
    }

    public IGrainFactory Grains { get; } = ScriptedGrains.Lacking(new NotSupportedException());

    public IServiceProvider Services => _services;

    /// <summary>What becomes of the start.</summary>
    public TaskCompletionSource Start { get; } = Signal();

    /// <summary>What becomes of the stop.</summary>
    public Func<CancellationToken, Task> Stop { get; set; } = _ => Task.CompletedTask;

    /// <summary>Ends when the host is told to start.</summary>
    public Task IsAsked => _isAsked.Task;

    /// <summary>Ends when somebody watches for the host's end.</summary>
    public Task IsWatched => _isWatched.Task;

    /// <summary>Ends when the host is told to stop.</summary>
    public Task IsStopping => _isStopping.Task;

    /// <summary>Ends when the host is disposed of.</summary>
    public Task IsDisposed => _isDisposed.Task;

    /// <summary>What the gate showed when the host was told to stop.</summary>
    public IGrainFactory? GateAtStop { get; private set; }

    public CancellationToken ApplicationStarted => throw new NotSupportedException();

    public CancellationToken ApplicationStopped => throw new NotSupportedException();

    public CancellationToken ApplicationStopping
    {
        get
        {
            _isWatched.TrySetResult();
            return _ends.Token;
        }
    }

    /// <summary>The host ends by itself.</summary>
    public void StopApplication() => _ends.Cancel();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _isAsked.SetResult();
        return Start.Task.WaitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        GateAtStop = _gate.Grains;
        _isStopping.SetResult();
        return Stop(cancellationToken);
    }

    public void Dispose() => _isDisposed.SetResult();

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
