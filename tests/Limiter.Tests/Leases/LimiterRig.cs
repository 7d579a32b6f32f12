using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Resilience;
using OrleansLimiter.Service;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Leases;

/// <summary>
/// An <see cref="ILimiter"/> as an application of one's own has it: on a memory engine whose calls the test sees, with a fake clock.
/// </summary>
internal sealed class LimiterRig : ILimitEngine, IDisposable
{
    private readonly ServiceProvider _provider;
    private readonly MemoryEngine _memory;

    public LimiterRig(Action<LimiterOptions> configure)
    {
        _memory = new MemoryEngine(new MemoryEngineOptions(), Time);
        _provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<ILimitEngine>(this)
            .AddSingleton<ILogger<LimitService>>(new LinesLogger<LimitService>())
            .AddLimiterCore(Configured.From(), configure)
            .BuildServiceProvider();
    }

    public FakeTimeProvider Time { get; } = new();

    public string Source => _memory.Source;

    /// <summary>What answers in the engine's place; null for the engine.</summary>
    public Func<LimitRequest, CancellationToken, ValueTask<EngineReply>>? Instead { get; set; }

    /// <summary>A signal for every renewal.</summary>
    public SemaphoreSlim Renewed { get; } = new(0);

    /// <summary>How many requests came.</summary>
    public int Asked { get; private set; }

    public ILimiter Limiter => _provider.GetRequiredService<ILimiter>();

    public LimitService Service => _provider.GetRequiredService<LimitService>();

    public LimiterSettings Settings => _provider.GetRequiredService<LimiterSettings>();

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Asked++;
        var reply = Instead is null ? _memory.ExecuteAsync(request, cancellationToken) : Instead(request, cancellationToken);
        if (request.Operation == Operation.Renew)
            Renewed.Release();
        return reply;
    }

    /// <summary>A remote engine that cannot be reached, with the local budgets behind it.</summary>
    public ResilientEngine Away() => ResilientEngine.Build(
        new ScriptedEngine { Source = "cluster", Answer = _ => new(EngineReply.Failed(EngineFault.Unavailable)) },
        _memory, Settings, Time, _provider.GetRequiredService<IMeterFactory>(), new LinesLogger<ResilientEngine>(), new Random(1));

    /// <summary>A policy of so many a minute.</summary>
    public static PolicyOptions Policy(
        long limit, Algorithm algorithm = Algorithm.TokenBucket, int seconds = 60, OnUnavailable onUnavailable = OnUnavailable.Local) =>
        new() { Algorithm = algorithm, Limit = limit, Window = TimeSpan.FromSeconds(seconds), OnUnavailable = onUnavailable };

    public void Dispose()
    {
        _provider.Dispose();
        _memory.Dispose();
        Renewed.Dispose();
    }
}
