using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>What a kind of instrument is to Prometheus.</summary>
internal enum MetricKind
{
    /// <summary>A sum that only grows.</summary>
    Counter,

    Gauge,

    Histogram,
}

/// <summary>All series of one instrument. Safe for use by many threads.</summary>
internal sealed class MetricFamily
{
    /// <summary>The most series of one instrument; measurements with yet other tags are counted in one without tags.</summary>
    public const int MaxSeries = 2_000;

    // The buckets that OpenTelemetry takes where an instrument gives no advice.
    private static readonly double[] DefaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000];

    // The runtime says counter of these, though they go down too (dotnet/runtime, RuntimeMetrics.cs).
    private static readonly string[] Levels = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    private readonly ConcurrentDictionary<MetricTags, MetricSeries> _series = new(new MetricTags.Comparer());
    private readonly ConcurrentDictionary<MetricTags, MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _bySpan;
    private readonly bool _isAbsolute;
    private int _count;
    private long _reading;

    /// <summary>Begins to collect an instrument.</summary>
    /// <param name="instrument">The instrument.</param>
    /// <param name="description">What it measures, where it does not say so itself; null: nobody knows.</param>
    public MetricFamily(Instrument instrument, string? description = null)
    {
        Instrument = instrument;
        Description = instrument.Description is { Length: > 0 } own ? own : description
            ?? $"The instrument {instrument.Name} of {instrument.Meter.Name}, which does not say what it measures.";
        _bySpan = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
        _isAbsolute = instrument.IsObservable || instrument.GetType().Name.StartsWith("Gauge", StringComparison.Ordinal);
        Kind = KindOf(instrument);
        Bounds = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
            Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(bound => (double)bound)],
            _ => DefaultBounds,
        };
    }

    public Instrument Instrument { get; }

    /// <summary>What it measures, in words.</summary>
    public string Description { get; }

    /// <summary>What it is to Prometheus.</summary>
    public MetricKind Kind { get; }

    /// <summary>A histogram's buckets: the upper bounds, ascending, but the last.</summary>
    public double[] Bounds { get; }

    public IEnumerable<MetricSeries> Series => _series.Values;

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_bySpan.TryGetValue(tags, out var series))
            series = Create(tags);
        if (_isAbsolute)
            series.Set(value);
        else
            series.Add(value);
        series.Reading = _reading;
    }

    /// <summary>The instrument is about to be asked, if it is an observable one. One reading at a time.</summary>
    public void BeginReading() => _reading++;

    /// <summary>It was asked: the series that it did not name are of what it has forgotten, and are forgotten too.</summary>
    public void EndReading()
    {
        if (!Instrument.IsObservable)
            return;
        foreach (var (tags, series) in _series)
        {
            if (series.Reading != _reading && _series.TryRemove(tags, out _))
                Interlocked.Decrement(ref _count);
        }
    }

    private MetricSeries Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = new MetricTags(Volatile.Read(ref _count) < MaxSeries ? tags.ToArray() : []);
        return _series.GetOrAdd(
            key,
            static (made, family) =>
            {
                Interlocked.Increment(ref family._count);
                return family.Kind == MetricKind.Histogram ? new HistogramSeries(made, family.Bounds) : new MetricSeries(made);
            },
            this);
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        var name = instrument.GetType().Name;
        if (name.StartsWith("Histogram", StringComparison.Ordinal))
            return MetricKind.Histogram;
        if (Array.IndexOf(Levels, instrument.Name) >= 0)
            return MetricKind.Gauge;
        return name.StartsWith("Counter", StringComparison.Ordinal) || name.StartsWith("ObservableCounter", StringComparison.Ordinal)
            ? MetricKind.Counter
            : MetricKind.Gauge;
    }
}
