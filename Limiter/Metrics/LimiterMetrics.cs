using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Metrics;

/// <summary>
/// What the limiter measures, on the meter <c>OrleansLimiter</c>. Tags come from the catalogue and fixed sets alone, never from a
/// caller: the number of series is bounded by policies, tiers, operations and outcomes. Safe for use by many threads.
/// </summary>
internal sealed class LimiterMetrics
{
    public const string MeterName = "OrleansLimiter";

    /// <summary>
    /// The counter of decisions, in <c>{decision}</c>; tags <c>policy</c>, <c>tier</c>, <c>outcome</c>, <c>source</c>, <c>operation</c>.
    /// </summary>
    public const string DecisionsName = "orleanslimiter.decisions";

    /// <summary>The histogram of the engine's time per decision, in seconds, 1 us to 1 s; tags <c>source</c>, <c>operation</c>.</summary>
    public const string DurationName = "orleanslimiter.decision.duration";

    /// <summary>The gauge of keys held, in <c>{key}</c>; where the engine can tell.</summary>
    public const string KeysName = "orleanslimiter.keys";

    private const long NotMeasured = 0;

    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _decisions;
    private readonly Histogram<double> _duration;
    private readonly ConcurrentDictionary<(string Policy, string Tier, string Source), DecisionTags> _tags = new();

    /// <summary>Creates the instruments.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="time">The clock of the histogram; read only while someone listens to it.</param>
    public LimiterMetrics(IMeterFactory meters, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _time = time;
        _meter = meters.Create(MeterName);
        _decisions = _meter.CreateCounter<long>(DecisionsName, "{decision}", "Requests that were decided, or could not be.");
        _duration = _meter.CreateHistogram(
            DurationName, "s", "The engine's time per decision.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                [
                    1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1,
                ],
            });
    }

    /// <summary>Measures how many keys are held, whenever someone asks. Call once, for an engine that can tell.</summary>
    /// <param name="count">Answers quickly, on any thread.</param>
    public void ObserveKeys(Func<long> count) =>
        _meter.CreateObservableGauge(KeysName, count, "{key}", "Keys that this process holds.");

    /// <summary>The tags of a policy in a tier.</summary>
    internal DecisionTags TagsFor(Policy policy, string tier, string source) =>
        _tags.GetOrAdd((policy.Name, tier, source), key => new DecisionTags(key.Policy, key.Tier, key.Source));

    /// <summary>When a decision began; costs nothing while nobody listens.</summary>
    internal long Start() => _duration.Enabled ? _time.GetTimestamp() : NotMeasured;

    /// <summary>Records how long the engine took.</summary>
    internal void Stop(DecisionTags tags, Operation operation, long started)
    {
        if (started != NotMeasured)
            _duration.Record(_time.GetElapsedTime(started).TotalSeconds, tags.Of(operation));
    }

    internal void Count(DecisionTags tags, Operation operation, DecisionOutcome outcome)
    {
        if (_decisions.Enabled)
            _decisions.Add(1, tags.Of(operation, outcome));
    }
}
