using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Stops calling an engine that does not answer: one breaker over all calls, and below it one per partition, where the engine has any, that
/// opens sooner. An engine that cannot be reached and missed deadlines feed them; refusals, overload, what this process turned away itself
/// and callers who went away do not. Safe for use by many threads.
/// </summary>
internal sealed class BreakerEngine : ILimitEngine
{
    /// <summary>The most breakers below the one over all: partitions beyond share them.</summary>
    public const int MaxPartitions = 256;

    /// <summary>How often an engine that says it is back is looked at.</summary>
    public const int MostLooks = 100;

    /// <summary>From one such look to the next.</summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly ILimitEngine _inner;
    private readonly IPartitionedEngine? _partitions;
    private readonly ResilienceSettings _settings;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;
    private readonly ResilienceMetrics _metrics;
    private readonly ResilienceLog _log;
    private readonly PartitionBreaker _whole;
    private readonly PartitionBreaker?[] _parts = new PartitionBreaker?[MaxPartitions];
    private long _lastAskedInVain = long.MinValue;

    /// <param name="inner">Who is called.</param>
    /// <param name="partitions">Who knows which partition a key belongs to; null where there are none.</param>
    /// <param name="settings">When to open and for how long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">A number from 0 to 1, for the pauses.</param>
    /// <param name="metrics">Where changes are counted.</param>
    /// <param name="log">Where changes are logged.</param>
    public BreakerEngine(
        ILimitEngine inner,
        IPartitionedEngine? partitions,
        ResilienceSettings settings,
        TimeProvider time,
        Func<double> random,
        ResilienceMetrics metrics,
        ResilienceLog log)
    {
        _inner = inner;
        _partitions = partitions;
        _settings = settings;
        _time = time;
        _random = random;
        _metrics = metrics;
        _log = log;
        _whole = new PartitionBreaker(new Circuit(settings.FaultPercent, settings, time, random, Changed));
        metrics.ObserveBreakers(() => !_whole.Circuit.IsClosed, () => _parts.Count(part => part is { Circuit.IsClosed: false }));
    }

    public string Source => _inner.Source;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (!_whole.Circuit.IsClosed)
            Volatile.Write(ref _lastAskedInVain, _time.GetTimestamp());
        return AskAsync(request, cancellationToken);
    }

    /// <summary>
    /// Whether a call may be made that nobody waits for: the breaker over all calls is closed, or nobody has asked past it for a while. A
    /// busy front end's probes are its callers', whose keys are of every partition.
    /// </summary>
    public bool IsFree =>
        _whole.Circuit.IsClosed || _lastAskedInVain == long.MinValue || _time.GetElapsedTime(Volatile.Read(ref _lastAskedInVain)) >= Quiet;

    /// <summary>Looks at a key, which changes nothing, to see whether the engine answers.</summary>
    public ValueTask<EngineReply> LookAsync(SubjectKey key, LimitSpec spec) =>
        AskAsync(new LimitRequest(key, spec, Operation.Peek, Permits.Zero), CancellationToken.None);

    /// <summary>
    /// Looks at a key past the breaker over all calls, again and again while that is not closed, and closes it when the engine answers. For
    /// an engine that says it is back, which may have to read its data first: the pauses are for one of which nobody knows.
    /// </summary>
    /// <returns>Ends when the breaker is closed, or after <see cref="MostLooks"/>.</returns>
    public async Task LookAgainAsync(SubjectKey key, LimitSpec spec, CancellationToken stopping)
    {
        for (var looks = 0; looks < MostLooks && !_whole.Circuit.IsClosed && !stopping.IsCancellationRequested; looks++)
        {
            var reply = await _inner.ExecuteAsync(new LimitRequest(key, spec, Operation.Peek, Permits.Zero), CancellationToken.None)
                .ConfigureAwait(false);
            if (reply.Source != ReplySource.Local && !reply.Fault.IsSilence)
            {
                NoteAnswer(reply, PartOf(key), _time.GetTimestamp());
                _whole.Circuit.Close();
                return;
            }

            await Task.Delay(BetweenLooks, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Whether the engine has answered anything of a key's partition after an instant.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">The instant, of the clock's monotonic timer.</param>
    public bool HasAnsweredSince(in SubjectKey key, long timestamp) => Volatile.Read(ref (PartOf(key) ?? _whole).AnsweredAt) > timestamp;

    private ValueTask<EngineReply> AskAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        var part = PartOf(request.Key);
        if (!_whole.Circuit.IsClosed)
            return Probed(_whole, part, request, cancellationToken);
        if (part is not null && !part.Circuit.IsClosed)
            return Probed(part, _whole, request, cancellationToken);

        var pending = _inner.ExecuteAsync(request, cancellationToken);
        return pending.IsCompletedSuccessfully ? new(Recorded(pending.Result, part)) : Awaited(pending, part);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EngineReply> Awaited(ValueTask<EngineReply> pending, PartitionBreaker? part) =>
        Recorded(await pending.ConfigureAwait(false), part);

    private EngineReply Recorded(in EngineReply reply, PartitionBreaker? part)
    {
        var now = _time.GetTimestamp();
        NoteAnswer(reply, part, now);
        _whole.Circuit.Record(reply, now);
        part?.Circuit.Record(reply, now);
        return reply;
    }

    /// <summary>Asks a breaker that is not closed. What the probe of one found, the other records if it is closed.</summary>
    private async ValueTask<EngineReply> Probed(
        PartitionBreaker part, PartitionBreaker? other, LimitRequest request, CancellationToken caller)
    {
        var reply = await part.Circuit.ProbeAsync(_inner.ExecuteAsync, request).ConfigureAwait(false);
        var now = _time.GetTimestamp();
        NoteAnswer(reply, ReferenceEquals(part, _whole) ? other : part, now);
        other?.Circuit.Record(reply, now);
        caller.ThrowIfCancellationRequested();
        return reply;
    }

    private void NoteAnswer(in EngineReply reply, PartitionBreaker? part, long now)
    {
        if (reply.Source == ReplySource.Local || reply.Fault.IsSilence)
            return;
        Volatile.Write(ref _whole.AnsweredAt, now);
        if (part is not null)
            Volatile.Write(ref part.AnsweredAt, now);
    }

    private PartitionBreaker? PartOf(in SubjectKey key)
    {
        if (_partitions?.PartitionOf(key) is not (>= 0 and var partition))
            return null;
        var place = partition % MaxPartitions;
        return Volatile.Read(ref _parts[place]) ?? MakePart(place);
    }

    private PartitionBreaker MakePart(int place)
    {
        var made = new PartitionBreaker(
            new Circuit(_settings.PartitionFaultPercent, _settings, _time, _random, state => Changed(place, state)));
        return Interlocked.CompareExchange(ref _parts[place], made, null) ?? made;
    }

    private void Changed(CircuitState state)
    {
        _metrics.CountTransition(isPartition: false, state);
        _log.Changed(Source, state);
    }

    private void Changed(int partition, CircuitState state)
    {
        _metrics.CountTransition(isPartition: true, state);
        _log.Changed(Source, partition, state);
    }

    private sealed class PartitionBreaker(Circuit circuit)
    {
        public long AnsweredAt = long.MinValue;

        public Circuit Circuit { get; } = circuit;
    }
}
