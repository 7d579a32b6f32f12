using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using OrleansLimiter.Instrumentation;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>Sends metrics and traces by OTLP where the standard variables name a collector; adds nothing where they do not.</summary>
internal static class OtlpExport
{
    private const string AnyEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    /// <summary>Adds what the variables ask for.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">What to read.</param>
    /// <param name="serviceName">The program's name in exports, where <c>OTEL_SERVICE_NAME</c> names none.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddOtlpExport(this IServiceCollection services, IConfiguration configuration, string serviceName)
    {
        var (sendsMetrics, sendsTraces) = (IsSet(configuration, MetricsEndpoint), SendsTraces(configuration));
        if (!sendsMetrics && !sendsTraces)
            return services;
        var export = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(configuration["OTEL_SERVICE_NAME"] ?? serviceName));
        if (sendsMetrics)
        {
            export.WithMetrics(metrics => metrics
                .AddOrleansLimiterInstrumentation().AddMeter([.. MetricStore.OtherMeters, "Microsoft.AspNetCore.Hosting"])
                .AddOtlpExporter(options => Apply(options, configuration, "METRICS")));
        }

        if (sendsTraces)
        {
            export.WithTracing(traces => traces
                .AddOrleansLimiterInstrumentation().AddSource("Microsoft.AspNetCore").AddProcessor(new KeylessTraces())
                .AddOtlpExporter(options => Apply(options, configuration, "TRACES")));
        }

        return services.AddHostedService<OtlpLastExport>();
    }

    /// <summary>Whether a collector of traces is named.</summary>
    public static bool SendsTraces(IConfiguration configuration) => IsSet(configuration, TracesEndpoint);

    /// <summary>The variables of one signal win over those of all; the exporter reads only the latter.</summary>
    private static void Apply(OtlpExporterOptions options, IConfiguration configuration, string signal)
    {
        if (Of("ENDPOINT") is { } endpoint)
            options.Endpoint = new Uri(endpoint);
        if (Of("PROTOCOL") is { } protocol)
            options.Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        if (Of("HEADERS") is { } headers)
            options.Headers = headers;

        string? Of(string what) => configuration[$"OTEL_EXPORTER_OTLP_{signal}_{what}"] is { Length: > 0 } text ? text : null;
    }

    private static bool IsSet(IConfiguration configuration, string endpoint) =>
        !string.IsNullOrEmpty(configuration[AnyEndpoint]) || !string.IsNullOrEmpty(configuration[endpoint]);
}
