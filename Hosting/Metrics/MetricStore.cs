using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// Collects the limiter's, the server's and the runtime's measurements for <c>/metrics</c>. The framework's request durations are not among
/// them: they would cost every request more than a decision does; OTLP has them. Safe for use by many threads.
/// </summary>
internal sealed class MetricStore : IDisposable
{
    /// <summary>Whose measurements beside the limiter's: the server's, the runtime's, and the cluster's where there is one.</summary>
    public static readonly string[] OtherMeters = ["Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", ClusterMeter];

    private static readonly string[] Meters = [LimiterMetrics.MeterName, .. OtherMeters];

    private const string ClusterMeter = "Microsoft.Orleans";

    // Of the cluster's instruments those that tell an operator something and cost nothing per call; the others are for its developers. They
    // do not describe themselves.
    private static readonly Dictionary<string, string> OfTheCluster = new(StringComparer.Ordinal)
    {
        ["orleans-app-requests-timedout"] = "Calls of actors that were not answered in time.",
        ["orleans-catalog-activations"] = "Actors that are active in this silo.",
        ["orleans-client-connected-gateways"] = "Silos that this client is connected with.",
        ["orleans-gateway-load-shedding"] = "Calls that a silo turned away because it had too much to do.",
        ["orleans-grains"] = "Actors that are active in this silo, by their type.",
        ["orleans-messaging-expired"] = "Messages that were too old when their turn came.",
        ["orleans-messaging-pings-reply-missed"] = "Probes of other silos that were not answered.",
        ["orleans-messaging-rejected"] = "Messages that were refused.",
        ["orleans-messaging-sent-dropped"] = "Messages that were not sent because nobody waited for them any more.",
        ["orleans-messaging-sent-failed"] = "Messages that could not be sent.",
        ["orleans-storage-read-errors"] = "Snapshots that could not be read.",
        ["orleans-storage-write-errors"] = "Snapshots that could not be written.",
    };

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _reading = new();

    /// <summary>Begins to collect.</summary>
    /// <param name="meters">Whose meters: those of another host in the same process are not collected.</param>
    public MetricStore(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var scope = instrument.Meter.Scope;
            if (IsWanted(instrument) && (scope is null || ReferenceEquals(scope, meters)))
                listener.EnableMeasurementEvents(
                    instrument, _families.GetOrAdd(
                        instrument, static made => new MetricFamily(made, OfTheCluster.GetValueOrDefault(made.Name))));
        };

        // A host that is built anew measures with new instruments; what the old one's said last must not stay for ever.
        _listener.MeasurementsCompleted = (instrument, family) => _families.TryRemove(instrument, out _);
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<decimal>(
            static (_, value, tags, family) => ((MetricFamily)family!).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything that was collected, observable instruments asked anew.</summary>
    public IReadOnlyList<MetricFamily> Read()
    {
        lock (_reading)
        {
            var families = _families.Values.ToArray();
            foreach (var family in families)
                family.BeginReading();
            _listener.RecordObservableInstruments();
            foreach (var family in families)
                family.EndReading();
            return families;
        }
    }

    public void Dispose() => _listener.Dispose();

    private static bool IsWanted(Instrument instrument) =>
        Meters.Contains(instrument.Meter.Name) && (instrument.Meter.Name != ClusterMeter || OfTheCluster.ContainsKey(instrument.Name));
}
