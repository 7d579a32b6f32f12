using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>What operators see, and what nobody must see.</summary>
public sealed class OperationsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_count_decisions_and_are_well_formed()
    {
        using var service = new TestService();
        using var client = service.Connect();
        for (var i = 0; i < 12; i++)
            using (await client.PostAsJsonAsync("/limit/incr", new { key = "metrics" }, Cancellation))
            {
            }

        using var response = await client.GetAsync("/metrics", Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains("\n# TYPE orleanslimiter_decisions_total counter\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "\norleanslimiter_decisions_total{policy=\"default\",tier=\"free\",outcome=\"admitted\",source=\"memory\","
                + "operation=\"acquire\"} 10\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains(
            "\norleanslimiter_decisions_total{policy=\"default\",tier=\"free\",outcome=\"limited\",source=\"memory\","
                + "operation=\"acquire\"} 2\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains("\n# TYPE orleanslimiter_decision_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_decision_duration_seconds_bucket{source=\"memory\",operation=\"acquire\",le=\"+Inf\"} 12\n",
            text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_decision_duration_seconds_count{source=\"memory\",operation=\"acquire\"} 12\n", text,
            StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_keys 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\ndotnet_process_cpu ", text, StringComparison.Ordinal);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.All(text.TrimEnd('\n').Split('\n'), line => Assert.Matches(
            """^(# (HELP|TYPE|UNIT) [a-zA-Z_:][a-zA-Z0-9_:]* .+|[a-zA-Z_:][a-zA-Z0-9_:]*"""
                + """(\{[a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*"(,[a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*")*\})? """
                + """(\+Inf|-Inf|NaN|[-+0-9.eE]+))$""",
            line));
        Assert.DoesNotMatch("(?m)^# TYPE \\S+_(count|sum|bucket) ", text);
        Assert.DoesNotMatch("(?m)^# TYPE \\S+(?<!_total) counter$", text);
        Assert.DoesNotMatch("(?m)^# TYPE \\S+_total gauge$", text);
        Assert.Contains("\n# TYPE dotnet_thread_pool_queue_length gauge\n", text, StringComparison.Ordinal); // goes down too
        Assert.Contains("\n# TYPE dotnet_thread_pool_thread gauge\n", text, StringComparison.Ordinal);
        var described = Regex.Matches(text, "(?m)^# HELP (\\S+) ").Select(match => match.Groups[1].Value).ToHashSet();
        Assert.All(Regex.Matches(text, "(?m)^# TYPE (\\S+) ").Select(match => match.Groups[1].Value), name =>
            Assert.Contains(name, described));
        var series = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.LastIndexOf(' ')])
            .ToList();
        Assert.Equal(series.Distinct().Count(), series.Count);
        var families = Regex.Matches(text, "^# TYPE (\\S+) ", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(families.Distinct().Count(), families.Count);
    }

    [Fact]
    public async Task The_description_names_every_route_and_no_other()
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json", Cancellation));

        var described = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        var routes = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(
                method => $"{method} /{route.RoutePattern.RawText!.TrimStart('/').Replace("/{**more}", "", StringComparison.Ordinal)}"))
            .Where(route => !route.Contains("/openapi/", StringComparison.Ordinal));
        Assert.Equal(routes.Order(), described.Order());
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_operation_of_the_description_has_a_name_of_its_own_a_server_and_says_who_may_call()
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json", Cancellation));

        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => operation.Value)).ToList();
        var names = operations.Select(operation => operation.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal("/", Assert.Single(document.RootElement.GetProperty("servers").EnumerateArray()).GetProperty("url").GetString());

        // Anybody, where an operation says nothing else.
        Assert.Empty(Assert.Single(document.RootElement.GetProperty("security").EnumerateArray()).EnumerateObject());
        Assert.Equal("apiKey operatorKey -", WhoMay("get", "/limit/check"));
        Assert.Equal("apiKey -", WhoMay("post", "/limit/incr"));
        Assert.Equal("operatorKey", WhoMay("delete", "/limit/{policy}/{key}"));
        Assert.Equal("accessToken", WhoMay("post", "/ticket/pay-ticket"));

        string WhoMay(string method, string path) =>
            string.Join(' ', document.RootElement.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("security")
            .EnumerateArray()
            .Select(scheme => scheme.EnumerateObject().Select(named => named.Name).SingleOrDefault("-")));
    }

    [Theory]
    [InlineData("/health/live", 200)]
    [InlineData("/health/ready", 200)]
    [InlineData("/metrics", 200)]
    [InlineData("/openapi/v1.json", 200)]
    [InlineData("/sales", 200)]
    [InlineData("/sales/00000000-0000-0000-0000-000000000000", 404)]
    [InlineData("/sales/00000000-0000-0000-0000-000000000000/tickets", 404)]
    [InlineData("/ticket/receipts", 401)]
    [InlineData("/limit/check?key=k", 200)]
    public async Task HEAD_is_answered_as_GET_without_the_body(string path, int status)
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var asked = await client.GetAsync(path, Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await client.SendAsync(request, Cancellation);
        Assert.Equal((status, status), ((int)asked.StatusCode, (int)answer.StatusCode));
        Assert.Equal(asked.Content.Headers.ContentType, answer.Content.Headers.ContentType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public void Every_route_that_is_read_is_read_by_HEAD_too()
    {
        using var service = new TestService();
        Assert.All(
            service.Services.GetRequiredService<EndpointDataSource>().Endpoints.Select(
                route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods),
            methods => Assert.Equal(methods.Contains("GET"), methods.Contains("HEAD")));
    }

    [Fact]
    public async Task The_description_of_incr_holds_its_statuses_and_headers()
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json", Cancellation));

        var responses = document.RootElement.GetProperty("paths").GetProperty("/limit/incr").GetProperty("post").GetProperty("responses");
        Assert.Equal(["200", "400", "401", "403", "404", "413", "415", "429", "503"], responses.EnumerateObject()
            .Select(response => response.Name).Order());
        Assert.Equal(["RateLimit", "RateLimit-Policy", "Retry-After"], responses.GetProperty("429").GetProperty("headers").EnumerateObject()
            .Select(header => header.Name).Order());
        Assert.Equal(["RateLimit", "RateLimit-Policy"], responses.GetProperty("200").GetProperty("headers").EnumerateObject()
            .Select(header => header.Name).Order());
        Assert.Equal("Retry-After", responses.GetProperty("503").GetProperty("headers").EnumerateObject().Single().Name);
    }

    [Fact]
    public async Task No_log_line_and_no_scope_holds_a_key_whatever_the_levels()
    {
        using var service = new TestService(settings: new Dictionary<string, string>
        {
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace",
            ["Logging:LogLevel:Microsoft.AspNetCore.Routing.Matching"] = "Trace",
            ["Logging:Console:LogLevel:Microsoft.AspNetCore"] = "Trace",
        });
        using var client = service.Connect();
        using (await client.GetAsync("/limit/check?key=secret-subject", Cancellation))
        using (await client.PostAsJsonAsync("/limit/incr", new { key = "secret-subject" }, Cancellation))
        using (await client.PostAsJsonAsync("/limit/incr", new { key = "secret-subject\0" }, Cancellation))
        using (await client.DeleteAsync("/limit/default/secret-subject?tenant=public", Cancellation))
        using (await client.GetAsync("/limit/unknown/secret-subject", Cancellation))
        {
        }

        using var raw = new RawConnection(service.Port);
        await raw.SendAsync("GET /limit/check?key=secret-subject\u0001 secret-subject HTTP/9\r\n\r\n");
        Assert.Equal(400, (await raw.ReadAsync())!.Status);

        Assert.Contains(service.Log.Lines, line => line.StartsWith("Debug", StringComparison.Ordinal));
        Assert.DoesNotContain(service.Log.Lines, line => line.Contains("secret-subject", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_stops_is_not_ready()
    {
        using var service = new TestService();
        using var client = service.Connect();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/ready", Cancellation)).StatusCode);

        // Found before: from the moment that it is told to stop, the service may have ended.
        var routes = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
        var endpoint = routes.Single(route => route.RoutePattern.RawText == "/health/ready");
        service.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().StopApplication();

        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext { Response = { Body = new MemoryStream() } };
        await endpoint.RequestDelegate!(context);
        Assert.Equal(503, context.Response.StatusCode);
    }
}
