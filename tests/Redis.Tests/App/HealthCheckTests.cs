using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Hosting;
using Xunit;

namespace OrleansLimiter.Redis.Tests.App;

/// <summary>The limiter's engine among the health checks of an app of one's own.</summary>
public sealed class HealthCheckTests
{
    private const string Secret = "secret-password";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_healthy_while_the_Redis_answers_degraded_without_it_and_says_why_without_the_password()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", Secret, "--maxmemory-policy", "noeviction");
        await using var app = await StartAsync($"redis://:{Secret}@{server.Address}", checks => checks.AddOrleansLimiter());
        using var client = app.GetTestClient();
        await UntilAsync(client, "Healthy");
        Assert.Equal(("orleans-limiter", HealthStatus.Healthy, "redis", null), await EntryAsync(app));

        await server.KillAsync();
        await UntilAsync(client, "Degraded");

        await Poll.UntilAsync(async () => (await EntryAsync(app)).Reason is not null, Limit());
        var entry = await EntryAsync(app);
        Assert.Equal(("orleans-limiter", HealthStatus.Degraded, "local"), (entry.Name, entry.Status, entry.Engine));
        Assert.Contains(server.Address, entry.Reason, StringComparison.Ordinal);
        var report = await ReportAsync(app);
        Assert.StartsWith("The engine redis does not answer: ", report.Entries["orleans-limiter"].Description, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, report.Entries["orleans-limiter"].Description + entry.Reason, StringComparison.Ordinal);

        await server.RunAsync();
        await UntilAsync(client, "Healthy");
    }

    [Fact]
    public async Task It_is_degraded_while_the_Redis_answers_and_may_throw_limits_away()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        await using var app = await StartAsync($"redis://{server.Address}", checks => checks.AddOrleansLimiter());
        using var client = app.GetTestClient();

        await Poll.UntilAsync(async () => (await EntryAsync(app)).Engine == "redis", Limit());
        var entry = await EntryAsync(app);

        Assert.Equal(("orleans-limiter", HealthStatus.Degraded, "redis"), (entry.Name, entry.Status, entry.Engine));
        Assert.StartsWith("its maxmemory-policy is allkeys-lru", entry.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_says_what_it_is_called_how_bad_it_is_and_by_which_tags_it_is_chosen()
    {
        await using var app = await StartAsync(
            "redis://127.0.0.1:1", checks => checks.AddOrleansLimiter("limits", HealthStatus.Unhealthy, ["ready"]));

        var checks = app.Services.GetRequiredService<HealthCheckService>();
        var report = await checks.CheckHealthAsync(check => check.Tags.Contains("ready"), Cancellation);

        Assert.Equal(("limits", HealthStatus.Unhealthy), (Assert.Single(report.Entries).Key, report.Status));
    }

    [Fact]
    public async Task The_embedded_engine_is_always_healthy()
    {
        await using var app = await StartAsync(url: null, checks => checks.AddOrleansLimiter());

        Assert.Equal(("orleans-limiter", HealthStatus.Healthy, "memory", null), await EntryAsync(app));
    }

    [Fact]
    public void A_check_without_a_name_is_refused() =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddHealthChecks().AddOrleansLimiter(" "));

    private static async Task<WebApplication> StartAsync(string? url, Action<IHealthChecksBuilder> add)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration["Limiter:Deadline"] = "10s";
        builder.Configuration["Limiter:Breaker:Pause"] = "10s";
        builder.AddOrleansLimiter();
        if (url is not null)
            builder.AddRedisEngine(url);
        add(builder.Services.AddHealthChecks());
        var app = builder.Build();
        app.MapHealthChecks("/health");
        await app.StartAsync(Cancellation);
        return app;
    }

    private static Task UntilAsync(HttpClient client, string word) =>
        Poll.UntilAsync(async () => await client.GetStringAsync(new Uri("/health", UriKind.Relative), Cancellation) == word, Limit());

    private static async Task<(string Name, HealthStatus Status, string Engine, string? Reason)> EntryAsync(WebApplication app)
    {
        var (name, entry) = Assert.Single((await ReportAsync(app)).Entries);
        return (name, entry.Status, (string)entry.Data["engine"], entry.Data.GetValueOrDefault("reason") as string);
    }

    private static Task<HealthReport> ReportAsync(WebApplication app) =>
        app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);

    private static CancellationToken Limit() =>
        CancellationTokenSource.CreateLinkedTokenSource(Cancellation, new CancellationTokenSource(TestEngine.Limit).Token).Token;
}
