using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Readiness is what all health checks come to: the service's own, and those that an operator adds.</summary>
public sealed class HealthTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HealthStatus.Healthy, "all is well", 200, """{"status":"ready","engine":"memory"}""")]
    [InlineData(HealthStatus.Degraded, "nearly full", 200, """{"status":"degraded","engine":"memory","reason":"nearly full"}""")]
    [InlineData(HealthStatus.Unhealthy, "full", 503, """{"status":"unhealthy","engine":"memory","reason":"full"}""")]
    [InlineData(HealthStatus.Degraded, null, 200, """{"status":"degraded","engine":"memory","reason":"the check own says so"}""")]
    public async Task A_check_that_an_operator_adds_has_its_say(HealthStatus status, string? description, int answered, string body)
    {
        using var service = new TestService(
            configure: services => services.AddHealthChecks().AddCheck("own", () => new HealthCheckResult(status, description)));
        using var client = service.Connect();

        using var ready = await client.GetAsync("/health/ready", Cancellation);

        Assert.Equal((answered, body), ((int)ready.StatusCode, await ready.Content.ReadAsStringAsync(Cancellation)));
        Assert.Equal("no-store", ready.Headers.CacheControl!.ToString());
        Assert.Equal("application/json; charset=utf-8", ready.Content.Headers.ContentType!.ToString());
        Assert.Equal("""{"status":"live"}""", await client.GetStringAsync("/health/live", Cancellation));
    }

    [Fact]
    public async Task What_a_check_that_throws_says_is_for_the_log_alone()
    {
        using var service = new TestService(
            configure: services => services.AddHealthChecks().AddCheck("own", () => throw new InvalidOperationException("secret")));
        using var client = service.Connect();

        using var ready = await client.GetAsync("/health/ready", Cancellation);

        Assert.Equal(
            (503, """{"status":"unhealthy","engine":"memory","reason":"the check own failed"}"""),
            ((int)ready.StatusCode, await ready.Content.ReadAsStringAsync(Cancellation)));
        Assert.Contains(service.Log.Lines, line => line.Contains("The health check 'own' failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_stops_says_so_and_asks_no_other_check()
    {
        var asked = 0;
        using var service = new TestService(configure: services => services.AddHealthChecks().AddCheck("own", () =>
        {
            asked++;
            return HealthCheckResult.Healthy();
        }));
        var ready = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Single(route => route.RoutePattern.RawText == "/health/ready").RequestDelegate!;
        Assert.Equal((200, """{"status":"ready","engine":"memory"}"""), await AskAsync(ready));
        service.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        Assert.Equal((503, """{"status":"stopping"}"""), await AskAsync(ready));
        Assert.Equal(1, asked);
    }

    private static async Task<(int Status, string Body)> AskAsync(RequestDelegate route)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };
        await route(context);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray()));
    }
}
