using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Metrics;

/// <summary>Sends metrics and traces by OTLP where the standard variables name a collector; costs nothing where they do not.</summary>
internal sealed class OtlpExport(IConfiguration configuration) : IHostedService, IDisposable
{
    private const string ServiceName = "orleanslimiter";
    private const string AnyEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsSet(configuration, MetricsEndpoint))
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .ConfigureResource(Describe)
                .AddMeter(LimiterMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter()
                .Build();
        }

        if (SendsTraces(configuration))
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(configuration))
                .ConfigureResource(Describe)
                .AddSource("Microsoft.AspNetCore")
                .AddProcessor(new KeysStayHome())
                .AddOtlpExporter()
                .Build();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is left.</summary>
    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    /// <summary>Whether a collector of traces is named.</summary>
    public static bool SendsTraces(IConfiguration configuration) => IsSet(configuration, TracesEndpoint);

    private static bool IsSet(IConfiguration configuration, string endpoint) =>
        !string.IsNullOrEmpty(configuration[AnyEndpoint]) || !string.IsNullOrEmpty(configuration[endpoint]);

    private void Describe(ResourceBuilder resource) => resource.AddService(configuration["OTEL_SERVICE_NAME"] ?? ServiceName);
}

/// <summary>Takes paths and queries, which hold keys, out of traces before they are sent; the route's pattern stays.</summary>
internal sealed class KeysStayHome : BaseProcessor<Activity>
{
    private static readonly string[] Telling = ["url.path", "url.query", "url.full", "http.target", "http.url"];

    /// <inheritdoc />
    public override void OnEnd(Activity data)
    {
        foreach (var tag in Telling)
            data.SetTag(tag, null);
    }
}
