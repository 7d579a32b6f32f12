using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>
/// Runs alone, behind all the others: what is looked at is the whole process' own, such as its traces, its console, or how soon it answers.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>What reaches a collector.</summary>
[Collection(nameof(Alone))]
public sealed class ExportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_sent_by_OTLP_holds_decisions_and_routes_and_no_key()
    {
        await using var collector = new Collector();
        var settings = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
        using (var service = new TestService(settings: settings))
        {
            using var client = service.Connect();
            using (await client.GetAsync("/limit/check?key=secret-subject", Cancellation))
            using (await client.PostAsJsonAsync("/limit/incr", new { key = "secret-subject" }, Cancellation))
            using (await client.DeleteAsync("/limit/default/secret-subject?tenant=public", Cancellation))
            {
            }

            await service.Services.GetRequiredService<IHost>().StopAsync(Cancellation);
        }

        Assert.Contains("orleanslimiter.decisions", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        var traces = collector.Received("/v1/traces");
        Assert.Contains("GET /limit/check", traces, StringComparison.Ordinal);
        Assert.Contains("POST /limit/incr", traces, StringComparison.Ordinal);
        Assert.Contains("DELETE /limit/{policy}/{key}", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-subject", traces, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-subject", collector.Received("/v1/metrics"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "orleanslimiter")]
    [InlineData("shop-front", "shop-front")]
    public async Task What_is_left_is_sent_under_the_services_name_while_the_host_stops(string? name, string sent)
    {
        await using var collector = new Collector();
        var settings = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = $"{collector.Address}/v1/metrics",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
        if (name is not null)
            settings["OTEL_SERVICE_NAME"] = name;
        using var service = new TestService(settings: settings);
        using var client = service.Connect();
        using (await client.PostAsJsonAsync("/limit/incr", new { key = "counted" }, Cancellation))
        {
        }

        await service.Services.GetRequiredService<IHost>().StopAsync(Cancellation);

        Assert.Contains("orleanslimiter.decisions", collector.Received("/v1/metrics"), StringComparison.Ordinal);
        Assert.Contains($"service.name\u0012{(char)(sent.Length + 2)}\n{(char)sent.Length}{sent}", collector.Received("/v1/metrics"),
            StringComparison.Ordinal);
        Assert.Empty(collector.Received("/v1/traces"));
    }
}
