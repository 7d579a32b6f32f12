using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Instrumentation;

/// <summary>The limiter's metrics and traces for OpenTelemetry.</summary>
public static class InstrumentationExtensions
{
    /// <summary>
    /// Has the limiter's metrics collected: the meter <c>OrleansLimiter</c>. No tag of any of
    /// them holds a key, and the number of series is bounded by policies, tiers and engines.
    /// </summary>
    /// <param name="builder">The app's metrics.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static MeterProviderBuilder AddOrleansLimiterInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(LimiterMetrics.MeterName);
    }

    /// <summary>
    /// Has the limiter's traces collected: the source <c>OrleansLimiter</c>, with a span for
    /// each call of a remote engine. The embedded engine has none: it decides in less time than a span takes. No tag holds a key.
    /// </summary>
    /// <param name="builder">The app's traces.</param>
    /// <returns><paramref name="builder"/>.</returns>
    public static TracerProviderBuilder AddOrleansLimiterInstrumentation(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource(LimiterTraces.SourceName);
    }
}
