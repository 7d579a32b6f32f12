using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Hosting.Metrics;
using OrleansLimiter.Metrics;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>What <c>/metrics</c> tells of HTTP, and of gauges.</summary>
public sealed class MetricsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Responses_are_counted_by_status()
    {
        using var service = new TestService();
        using var client = service.Connect();
        using (await client.GetAsync("/limit/check?key=x", Cancellation))
        using (await client.GetAsync("/limit/check?key=x", Cancellation))
        using (await client.GetAsync("/nothing/here", Cancellation))
        {
        }

        var text = await client.GetStringAsync("/metrics", Cancellation);

        Assert.Contains("\norleanslimiter_http_responses_total{status=\"200\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_http_responses_total{status=\"404\"} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gauge_says_what_it_was_set_to_last()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var store = new MetricStore(meters);
        var gauge = meters.Create(LimiterMetrics.MeterName).CreateGauge<int>("orleanslimiter.test", "{thing}", "Things.");
        var sum = meters.Create(LimiterMetrics.MeterName).CreateUpDownCounter<int>("orleanslimiter.level", "{thing}", "Things.");

        foreach (var value in (int[])[5, 3])
        {
            gauge.Record(value);
            sum.Add(value);
        }

        var text = PrometheusText.Write(store.Read());
        Assert.Contains("\norleanslimiter_test 3\n", text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_level 8\n", text, StringComparison.Ordinal);
    }
}
