using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>Adds what collects and sends metrics and traces.</summary>
internal static class TelemetryExtensions
{
    /// <summary>Adds <c>/metrics</c>' store, and export by OTLP where the standard variables name a collector.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">What to read.</param>
    /// <param name="serviceName">The program's name in exports, where <c>OTEL_SERVICE_NAME</c> names none.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration, string serviceName)
    {
        services.TryAddSingleton<MetricStore>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, HttpResponses>());
        services.AddOtlpExport(configuration, serviceName);
        if (OtlpExport.SendsTraces(configuration))
        {
            // The framework's traces are empty unless it is told to fill them; KeylessTraces takes out what they must not hold.
            AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, TraceRoutes>());
        }

        return services;
    }
}
