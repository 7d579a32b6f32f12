using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.Api.Metrics;

/// <summary>Sends metrics and traces by OTLP where the standard variables name a collector; costs nothing where they do not.</summary>
internal sealed class OtlpExport : IHostedService, IDisposable
{
    private const string ServiceName = "orleanslimiter";
    private const string AnyEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    private readonly IConfiguration _configuration;
    private readonly Lazy<Task> _sent;
    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public OtlpExport(IConfiguration configuration)
    {
        _configuration = configuration;

        // Once, whoever asks: a host may be stopped and disposed by two threads at the same time, and each waits for it.
        _sent = new Lazy<Task>(() => Task.Run(() =>
        {
            _metrics?.Dispose();
            _traces?.Dispose();
        }));
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsSet(_configuration, MetricsEndpoint))
        {
            _metrics = Sdk.CreateMeterProviderBuilder()
                .ConfigureServices(services => services.AddSingleton(_configuration))
                .ConfigureResource(Describe)
                .AddMeter(LimiterMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
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

    /// <summary>Sends what is left, while the host still waits: a dead collector costs the stop at most a few seconds.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _sent.Value;

    /// <inheritdoc />
    public void Dispose() => _sent.Value.GetAwaiter().GetResult();

    /// <summary>Whether a collector of traces is named.</summary>
    public static bool SendsTraces(IConfiguration configuration) => IsSet(configuration, TracesEndpoint);

    private static bool IsSet(IConfiguration configuration, string endpoint) =>
        !string.IsNullOrEmpty(configuration[AnyEndpoint]) || !string.IsNullOrEmpty(configuration[endpoint]);

    private void Describe(ResourceBuilder resource) => resource.AddService(_configuration["OTEL_SERVICE_NAME"] ?? ServiceName);
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
