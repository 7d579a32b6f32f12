namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// One series of an instrument: a sum, or the last value where the instrument is a gauge or is observed. Safe for use by many threads.
/// </summary>
internal class MetricSeries(MetricTags tags)
{
    private readonly Lock _gate = new();
    private double _value;

    public MetricTags Tags => tags;

    /// <summary>Guards what the series holds.</summary>
    protected Lock Gate => _gate;

    /// <summary>The reading in which it was measured last, of those that ask an observable instrument.</summary>
    public long Reading { get; set; }

    /// <summary>The sum, or the last value.</summary>
    public double Value
    {
        get
        {
            lock (_gate)
                return _value;
        }
    }

    public virtual void Add(double value)
    {
        lock (_gate)
            _value += value;
    }

    public void Set(double value)
    {
        lock (_gate)
            _value = value;
    }
}

/// <summary>One series of a histogram. Safe for use by many threads.</summary>
internal sealed class HistogramSeries(MetricTags tags, double[] bounds) : MetricSeries(tags)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Counts a measurement in the first bucket whose bound it does not exceed.</summary>
    public override void Add(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
            bucket++;
        lock (Gate)
        {
            _counts[bucket]++;
            _sum += value;
        }
    }

    /// <summary>The counts per bucket, not cumulated, the last one without a bound; and the sum, of the same instant.</summary>
    public (long[] Counts, double Sum) Read()
    {
        lock (Gate)
            return ((long[])_counts.Clone(), _sum);
    }
}
