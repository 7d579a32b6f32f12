using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// The circuit breakers before an engine: one over all calls, and below it one per partition, where the engine has any, that opens sooner.
/// An engine that cannot be reached and missed deadlines feed them; refusals, overload, what this process turned away itself and callers
/// who went away do not. Safe for use by many threads.
/// </summary>
internal sealed class Breakers
{
    /// <summary>The most breakers below the one over all: partitions beyond share them.</summary>
    public const int MaxPartitions = 256;

    private readonly IPartitionedEngine? _partitions;
    private readonly ResilienceSettings _settings;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;
    private readonly ResilienceMetrics _metrics;
    private readonly ResilienceLog _log;
    private readonly string _source;
    private readonly PartitionBreaker?[] _parts = new PartitionBreaker?[MaxPartitions];

    /// <param name="source">The engine's source, for the log.</param>
    /// <param name="partitions">Who knows which partition a key belongs to; null where there are none.</param>
    /// <param name="settings">When to open and for how long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">A number from 0 to 1, for the pauses.</param>
    /// <param name="metrics">Where changes are counted.</param>
    /// <param name="log">Where changes are logged.</param>
    public Breakers(
        string source,
        IPartitionedEngine? partitions,
        ResilienceSettings settings,
        TimeProvider time,
        Func<double> random,
        ResilienceMetrics metrics,
        ResilienceLog log)
    {
        (_source, _partitions, _settings, _time, _random, _metrics, _log) = (source, partitions, settings, time, random, metrics, log);
        Whole = new PartitionBreaker(new Circuit(settings.FaultPercent, settings, time, random, Changed), time.TimestampFrequency);
        metrics.ObserveBreakers(() => !Whole.Circuit.IsClosed, () => _parts.Count(part => part is { Circuit.IsClosed: false }));
    }

    /// <summary>The one over all calls.</summary>
    public PartitionBreaker Whole { get; }

    /// <summary>The one of a key's partition; null where there is none.</summary>
    public PartitionBreaker? PartOf(in SubjectKey key)
    {
        if (_partitions?.PartitionOf(key) is not (>= 0 and var partition))
            return null;
        var place = partition % MaxPartitions;
        return Volatile.Read(ref _parts[place]) ?? MakePart(place);
    }

    /// <summary>Records the reply of a call that went past closed breakers.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="part">The breaker of its partition.</param>
    public void Record(in EngineReply reply, PartitionBreaker? part)
    {
        var now = _time.GetTimestamp();
        NoteAnswer(reply, part, now);
        Whole.Circuit.Record(reply, now);
        part?.Circuit.Record(reply, now);
    }

    /// <summary>Whether the engine has answered anything of a key's partition after an instant, as far as was noted.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">The instant, of the clock's monotonic timer.</param>
    public bool HasAnsweredSince(in SubjectKey key, long timestamp) => (PartOf(key) ?? Whole).AnsweredAt > timestamp;

    /// <summary>Notes that the engine answered, if it did.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="part">The breaker of its partition.</param>
    /// <param name="now">When it came.</param>
    public void NoteAnswer(in EngineReply reply, PartitionBreaker? part, long now)
    {
        if (!IsAnswer(reply))
            return;
        Whole.NoteAnswer(now);
        part?.NoteAnswer(now);
    }

    /// <summary>Whether a reply is the engine's own, whatever it says.</summary>
    public static bool IsAnswer(in EngineReply reply) => reply.Source != ReplySource.Local && !reply.Fault.IsSilence;

    private PartitionBreaker MakePart(int place)
    {
        var made = new PartitionBreaker(
            new Circuit(_settings.PartitionFaultPercent, _settings, _time, _random, state => Changed(place, state)),
            _time.TimestampFrequency);
        return Interlocked.CompareExchange(ref _parts[place], made, null) ?? made;
    }

    private void Changed(CircuitState state)
    {
        _metrics.CountTransition(isPartition: false, state);
        _log.Changed(_source, state);
    }

    private void Changed(int partition, CircuitState state)
    {
        _metrics.CountTransition(isPartition: true, state);
        _log.Changed(_source, partition, state);
    }
}
