using System.Text;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>The route of the metrics.</summary>
internal static class MetricsEndpoint
{
    /// <summary>Maps <c>/metrics</c>.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes)
    {
        var store = routes.ServiceProvider.GetRequiredService<MetricStore>();
        return routes.MapRead("/metrics", context =>
        {
            var body = Encoding.UTF8.GetBytes(PrometheusText.Write(store.Read()));
            context.Response.ContentType = PrometheusText.MediaType;
            context.Response.ContentLength = body.Length;
            return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
        }).Describe("Metrics as Prometheus text.").ProducesText<string>(200, PrometheusText.MediaType).WithTags("operations");
    }
}
