using System.Diagnostics.Metrics;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// Meters of a host inside another one's process: whoever listens to the other's hears them too, and they end with their own host, so that
/// one which is built anew is not measured twice. Safe for many threads.
/// </summary>
/// <param name="outer">Whose they pass for.</param>
internal sealed class ChildMeters(IMeterFactory outer) : IMeterFactory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Meter> _meters = new(StringComparer.Ordinal);

    public Meter Create(MeterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        lock (_gate)
        {
            if (!_meters.TryGetValue(options.Name, out var meter))
                _meters[options.Name] = meter = new Meter(new MeterOptions(options.Name)
                {
                    Version = options.Version,
                    Tags = options.Tags,
                    Scope = outer,
                });
            return meter;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var meter in _meters.Values)
                meter.Dispose();
        }
    }
}
