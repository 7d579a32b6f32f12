using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Metrics;

/// <summary>
/// Collects the limiter's, the server's and the runtime's measurements for <c>/metrics</c>. The framework's request durations are not among them: they
/// would cost every request more than a decision does; OTLP has them. Safe for use by many threads.
/// </summary>
internal sealed class MetricStore : IDisposable
{
    private static readonly string[] Meters = [LimiterMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();

    /// <summary>Begins to collect.</summary>
    /// <param name="meters">Whose meters: those of another host in the same process are not collected.</param>
    public MetricStore(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var scope = instrument.Meter.Scope;
            if (Meters.Contains(instrument.Meter.Name) && (scope is null || ReferenceEquals(scope, meters)))
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static made => new MetricFamily(made)));
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => ((MetricFamily)family!).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything that was collected, observable instruments asked anew.</summary>
    public IReadOnlyList<MetricFamily> Read()
    {
        _listener.RecordObservableInstruments();
        return [.. _families.Values];
    }

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();
}
