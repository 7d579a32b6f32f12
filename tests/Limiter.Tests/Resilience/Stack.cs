using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Metrics;
using OrleansLimiter.Resilience;
using OrleansLimiter.Service;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>The whole stack around a fake remote engine, under a limit service, with its metrics and log lines in sight.</summary>
internal sealed class Stack : IDisposable
{
    /// <summary>The counter of breakers that open and close.</summary>
    public const string Transitions = "orleanslimiter.breaker.transitions";

    /// <summary>After it a breaker lets a probe through, whatever the dice say.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(1_500);

    private readonly ServiceProvider _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly List<string> _measured = [];

    public Stack(
        FakeTimeProvider? time = null, FakeRemote? remote = null, ILimitEngine? local = null, params (string Name, string? Value)[] values)
    {
        Time = time ?? new FakeTimeProvider();
        Remote = remote ?? new FakeRemote(Time);
        Local = new CountingEngine(local ?? new KeyedEngine(Time));
        Settings = Configured.Development(values);
        var meters = _provider.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var line = $"{value} {instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}";
            lock (_measured)
                _measured.Add(line);
        });
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) =>
        {
            lock (_measured)
                _measured.Add($"{value} {instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}");
        });
        _listener.Start();
        Engine = ResilientEngine.Build(Remote, Local, Settings, Time, meters, Logger, new Random(7));
        Service = new LimitService(Engine, new LimiterMetrics(meters, Time), Time, new LinesLogger<LimitService>());
    }

    /// <summary>A stack as the tests of breakers want it.</summary>
    public static Stack Quiet()
    {
        var stack = new Stack();
        stack.Engine.Collector.Dispose();
        return stack;
    }

    public FakeTimeProvider Time { get; }

    public FakeRemote Remote { get; }

    public CountingEngine Local { get; }

    public LimiterSettings Settings { get; }

    public LinesLogger<ResilientEngine> Logger { get; } = new();

    public ResilientEngine Engine { get; }

    public LimitService Service { get; }

    /// <summary>What an observed instrument says now.</summary>
    public string[] Observed(string instrument)
    {
        lock (_measured)
            _measured.Clear();
        _listener.RecordObservableInstruments();
        return Measured(instrument);
    }

    /// <summary>What was measured on an instrument, in order.</summary>
    public string[] Measured(string instrument)
    {
        lock (_measured)
            return [.. _measured.Where(line => line.Split(' ')[1] == instrument)
                .Select(line => line.Replace($" {instrument}", "", StringComparison.Ordinal))];
    }

    public async Task<LimitAnswer> Ask(
        string policy = "default", string subject = "alice", Operation operation = Operation.Acquire, long permits = 1, string? id = null,
            LeaseId lease = default)
    {
        Assert.True(Settings.Tenants.TryFind(null, out var tenant));
        var handle = Service.HandleFor(tenant, Settings.Policy(policy));
        return await Service.ExecuteAsync(
            handle, SubjectKey.Of(handle.Scope, subject), operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id),
                lease,
            TestContext.Current.CancellationToken);
    }

    /// <summary>What remains of a key.</summary>
    public Task<LimitAnswer> Look(string policy, string subject = "alice") => Ask(policy, subject, Operation.Peek, permits: 0);

    /// <summary>Asks until the breaker over all calls opens.</summary>
    public async Task OpenTheBreaker(string subject = "crowd")
    {
        for (var i = 0; i < 20; i++)
            await Ask("unlimited-bench", subject);
        var sent = Remote.Sent.Count;
        await Ask("unlimited-bench", subject);
        Assert.Equal(sent, Remote.Sent.Count);
    }

    /// <summary>The engine, which can be reached again, says so, and is asked whether it is.</summary>
    public async Task CloseTheBreaker()
    {
        Remote.SayBack();
        await Engine.LastLook;
    }

    /// <summary>Moves the clock and waits for the round of charges that it started.</summary>
    public async Task Pass(TimeSpan step)
    {
        Time.Advance(step);
        await Engine.Collector.LastRound;
        await Engine.Returns.LastRound;
    }

    public void Dispose()
    {
        Engine.Dispose();
        _listener.Dispose();
        _provider.Dispose();
    }

    /// <summary>The local engine, with a count of what it was asked.</summary>
    internal sealed class CountingEngine(ILimitEngine inner) : ILimitEngine
    {
        public int Asked { get; private set; }

        public string Source => inner.Source;

        public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
        {
            Asked++;
            return inner.ExecuteAsync(request, cancellationToken);
        }
    }
}
