using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// Sends metrics and traces by OTLP where the standard variables name a collector; costs nothing where they do not. What is left is sent while the
/// host stops, after the last request; a host that is told twice to stop waits for one and the same export.
/// </summary>
internal sealed class OtlpExport : IHostedService, IDisposable
{
    private const string AnyEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    private const int PatienceMilliseconds = 5_000;

    private readonly IConfiguration _configuration;
    private readonly string _serviceName;
    private readonly Lazy<Task> _lastExport;
    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    /// <summary>Creates it, idle.</summary>
    public OtlpExport(IConfiguration configuration, string serviceName)
    {
        _configuration = configuration;
        _serviceName = serviceName;
        _lastExport = new Lazy<Task>(() => Task.Run(ExportWhatIsLeft));
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsSet(_configuration, MetricsEndpoint))
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(_configuration))
                .ConfigureResource(Describe)
                .AddMeter([.. MetricStore.Meters, "Microsoft.AspNetCore.Hosting"])
                .AddOtlpExporter()
                .Build();
        }

        if (SendsTraces(_configuration))
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(_configuration))
                .ConfigureResource(Describe)
                .AddSource("Microsoft.AspNetCore")
                .AddProcessor(new KeysStayHome())
                .AddOtlpExporter()
                .Build();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => _lastExport.Value.WaitAsync(cancellationToken);

    /// <inheritdoc />
    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    /// <summary>Whether a collector of traces is named.</summary>
    public static bool SendsTraces(IConfiguration configuration) => IsSet(configuration, TracesEndpoint);

    private static bool IsSet(IConfiguration configuration, string endpoint) =>
        !string.IsNullOrEmpty(configuration[AnyEndpoint]) || !string.IsNullOrEmpty(configuration[endpoint]);

    private void ExportWhatIsLeft()
    {
        _metrics?.Shutdown(PatienceMilliseconds);
        _traces?.Shutdown(PatienceMilliseconds);
    }

    private void Describe(ResourceBuilder resource) => resource.AddService(_configuration["OTEL_SERVICE_NAME"] ?? _serviceName);
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
