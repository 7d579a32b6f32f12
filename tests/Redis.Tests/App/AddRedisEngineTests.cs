using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Limiter;
using Xunit;

namespace OrleansLimiter.Redis.Tests.App;

/// <summary>What an app that has a Redis decide says of it, and what it is told where that is wrong.</summary>
public sealed class AddRedisEngineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "REDIS_HOST=cache", "cache:6379")]
    [InlineData("redis://cache:6380", "REDIS_URL=redis://other", "cache:6380")]
    [InlineData(null, "REDIS_URL=redis://cache:6380", "cache:6380")]
    [InlineData(null, "OTHER=1", "localhost:6379")]
    public void The_address_is_the_apps_or_the_variables_or_this_machines(string? url, string variable, string endPoint) =>
        Assert.Equal([endPoint], OptionsOf(Builder(variable).AddRedisEngine(url)).EndPoints);

    [Fact]
    public void An_address_says_all_there_is_to_say()
    {
        var options = OptionsOf(Builder().AddRedisEngine("rediss://:pass@[::1]:6380/3"));

        Assert.Equal(["[::1]:6380"], options.EndPoints);
        Assert.Equal((null, "pass", 3, true), (options.User, options.Password, options.Database, options.Ssl));
    }

    [Theory]
    [InlineData("secret@nowhere", "OTHER=1", "url is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData("", "REDIS_URL=redis://cache", "url is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData(null, "REDIS_URL=http://:secret@nowhere", "REDIS_URL is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData(null, "REDIS_PORT=0", "REDIS_PORT is '0': it must be a whole number from 1 to 65,535.")]
    [InlineData("redis://:secret@cache/1001", "OTHER=1", "url is not possible here: it must be changed: Database is 1001: it must be from 0 to 1,000.")]
    public void A_wrong_one_is_refused_by_name_and_rule_without_its_password(string? url, string variable, string message)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => Builder(variable).AddRedisEngine(url));

        Assert.Equal(message, wrong.Message);
    }

    [Fact]
    public async Task A_password_that_is_refused_ends_the_start_and_is_not_shown()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "right");
        var builder = Builder();
        builder.AddOrleansLimiter().AddRedisEngine($"redis://:wrong-secret@{server.Address}");
        await using var app = builder.Build();

        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => app.StartAsync(Cancellation));

        Assert.StartsWith("url is not accepted: it must hold the password of its server: ", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engine_is_behind_the_deadline_and_the_fallback_and_brings_no_valve()
    {
        var builder = Builder();
        builder.AddOrleansLimiter().AddRedisEngine();
        await using var app = builder.Build();

        Assert.IsType<ResilientEngine>(app.Services.GetRequiredService<ILimitEngine>());
        Assert.Null(app.Services.GetService<IValveEngine>());
    }

    private static RedisEngineOptions OptionsOf(IHostApplicationBuilder builder)
    {
        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<RedisEngineOptions>();
    }

    private static WebApplicationBuilder Builder(string variable = "OTHER=1")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create(variable.Split('=', 2)[0], (string?)variable.Split('=', 2)[1])]);
        return builder;
    }
}
