using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OrleansLimiter.Engines.Orleans.Connecting;
using OrleansLimiter.Hosting.Logging;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>What the logs say, and how they are written.</summary>
public sealed class LogTests
{
    private const string OperatorKey = "dev-operator-key";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Orleans_own_lines_stay_out_and_the_products_stay_in()
    {
        using var services = Loggers();

        Assert.False(IsEnabled(services, "Orleans.Runtime.Silo", LogLevel.Information));
        Assert.True(IsEnabled(services, "Orleans.Runtime.Silo", LogLevel.Warning));
        Assert.False(IsEnabled(services, "Polly", LogLevel.Information));
        Assert.True(IsEnabled(services, "OrleansLimiter.Service.LimitService", LogLevel.Information));
        Assert.False(IsEnabled(services, "OrleansLimiter.Service.LimitService", LogLevel.Debug));
    }

    [Fact]
    public void What_the_configuration_says_of_Orleans_wins_and_is_not_said_of_the_product()
    {
        using var services = Loggers(("Logging:LogLevel:Orleans", "Debug"), ("Logging:LogLevel:Polly", "Information"));
        using var quiet = Loggers(("Logging:LogLevel:Orleans", "None"));

        Assert.True(IsEnabled(services, "Orleans.Runtime.Silo", LogLevel.Debug));
        Assert.True(IsEnabled(services, "Polly", LogLevel.Information));
        Assert.False(IsEnabled(services, "OrleansLimiter.Service.LimitService", LogLevel.Debug));
        Assert.True(IsEnabled(quiet, "OrleansLimiter.Service.LimitService", LogLevel.Information));
    }

    [Theory]
    [InlineData(null, ConsoleFormatterNames.Simple)]
    [InlineData("text", ConsoleFormatterNames.Simple)]
    [InlineData("JSON", ConsoleFormatterNames.Json)]
    public async Task Lines_carry_their_instant_in_UTC_as_text_or_as_JSON(string? format, string formatter)
    {
        await using var app = Formatted(format);

        Assert.Equal(formatter, app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
        var (simple, json) = (app.Services.GetRequiredService<IOptions<SimpleConsoleFormatterOptions>>().Value,
            app.Services.GetRequiredService<IOptions<JsonConsoleFormatterOptions>>().Value);
        var at = new DateTimeOffset(2026, 11, 29, 3, 4, 5, 67, TimeSpan.Zero);
        Assert.Equal(("2026-11-29T03:04:05.067Z ", true), (at.ToString(simple.TimestampFormat, null), simple.UseUtcTimestamp));
        Assert.Equal(("2026-11-29T03:04:05.067Z", true), (at.ToString(json.TimestampFormat, null), json.UseUtcTimestamp));
    }

    [Fact]
    public async Task A_timestamp_of_ones_own_wins()
    {
        await using var app = Formatted(null, ("Logging:Console:FormatterOptions:TimestampFormat", "HH:mm "));

        Assert.Equal("HH:mm ", app.Services.GetRequiredService<IOptions<SimpleConsoleFormatterOptions>>().Value.TimestampFormat);
    }

    [Fact]
    public async Task Whoever_has_a_key_forgotten_is_named_with_what_was_before_and_after_and_not_with_the_key()
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/limit/default/secret-subject?tenant=dev-free");
        request.Headers.Add("X-Operator-Key", OperatorKey);
        using (await PostAsync(client, "/limit/incr", """{"key":"secret-subject","cost":4}"""))
        using (var forgotten = await client.SendAsync(request, Cancellation))
            Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);

        Assert.Equal(
            ["Information OrleansLimiter.Audit: The operator dev-operator had a key of the tenant dev-free forgotten under the policy "
                + "default. Permits before: 6; after: 10."],
            service.Log.Audited);
    }

    [Fact]
    public void Production_without_tenants_or_operators_says_what_that_means()
    {
        using var bare = new TestService("Production", new Dictionary<string, string> { ["OPERATIONS_PORT"] = "0" });
        using var development = new TestService();

        Assert.Contains(bare.Log.Lines, line =>
            line.StartsWith("Warning OrleansLimiter.Api: No tenant is configured", StringComparison.Ordinal));
        Assert.Contains(bare.Log.Lines, line =>
            line.StartsWith("Warning OrleansLimiter.Api: No operator is configured", StringComparison.Ordinal));
        Assert.DoesNotContain(development.Log.Lines, line => line.Contains("is configured (", StringComparison.Ordinal));
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Api-Key", "dev-free-key");
        return client.SendAsync(request, Cancellation);
    }

    private static bool IsEnabled(ServiceProvider services, string category, LogLevel level) =>
        services.GetRequiredService<ILoggerFactory>().CreateLogger(category).IsEnabled(level);

    private static ServiceProvider Loggers(params (string Name, string Value)[] settings) => new ServiceCollection()
        .AddLogging(logging => logging.AddConfiguration(Configured.With(settings).GetSection("Logging")).AddProvider(new LogLines()))
        .AddClusterLogs()
        .BuildServiceProvider();

    private static WebApplication Formatted(string? format, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.Configuration["LOG_FORMAT"] = format;
        builder.AddLogFormat();
        return builder.Build();
    }
}
