using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Resilience;
using OrleansLimiter.Valve;
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
    [InlineData(null, "ENVIRONMENT=Development", "localhost:6379")]
    [InlineData(null, "REDIS_PORT=tcp://10.0.0.11:6379", "localhost:6379")]
    public void The_address_is_the_apps_or_the_variables_or_in_Development_this_machines(string? url, string variable, string endPoint) =>
        Assert.Equal([endPoint], OptionsOf(Builder(variable, Environments.Development).AddRedisEngine(url)).EndPoints);

    [Theory]
    [InlineData("OTHER=1")]
    [InlineData("REDIS_PORT=tcp://10.0.0.11:6379")]
    public void Outside_Development_there_is_no_address_by_default(string variable)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => OptionsOf(Builder(variable).AddRedisEngine()));

        Assert.Equal(
            "REDIS_URL is not set: it must name the Redis that decides outside Development (or REDIS_HOST and REDIS_PORT must, or the app "
                + "itself).", wrong.Message);
    }

    [Fact]
    public void Outside_Development_a_port_alone_is_no_address()
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => OptionsOf(Builder("REDIS_PORT=6380").AddRedisEngine()));

        Assert.Equal(
            "REDIS_HOST is not set: it must name the host of the Redis whose port is 6380 outside Development (or REDIS_URL must say all "
            + "of it).", wrong.Message);
    }

    [Theory]
    [InlineData("redis://:secret@cache:6380/3", "OTHER=1", "The Redis that decides is cache:6380/3, because url says so")]
    [InlineData(null, "REDIS_URL=redis://:secret@[::1]:6380", "The Redis that decides is [::1]:6380/0, because REDIS_URL says so")]
    [InlineData(null, "REDIS_HOST=cache", "The Redis that decides is cache:6379/0, because REDIS_HOST says so")]
    [InlineData(null, "OTHER=1", "The Redis that decides is localhost:6379/0, because nothing else is set")]
    public async Task The_start_says_where_and_why_there_without_the_password(string? url, string variable, string line)
    {
        var lines = new List<string>();
        var place = RedisPlace.Read(Builder(variable, Environments.Development).Configuration, isDevelopment: true, url, []);
        using var engine = new RedisEngine(place.ToEngineOptions(), TimeProvider.System);

        await new RedisStart(place, engine, new TestKit.FakeTimeProvider(), new Lines<RedisStart>(lines))
            .StartAsync(new CancellationToken(true));

        lock (lines) // the connection, which nobody answers, has something to say too
        {
            Assert.Equal(line, lines[0]);
            Assert.DoesNotContain(lines, said => said.Contains("secret", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_is_said_of_a_connection_is_said_once()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        var lines = new List<string>();
        var place = RedisPlace.Read(Builder().Configuration, isDevelopment: false, $"redis://{server.Address}", []);
        using var engine = new RedisEngine(Patient(place.ToEngineOptions()), TimeProvider.System);
        await new RedisStart(place, engine, TimeProvider.System, new Lines<RedisStart>(lines)).StartAsync(Cancellation);
        await TestEngine.UntilAsync(engine, _ => Task.FromResult(Count("Redis may lose limits: ") > 0));
        await server.KillAsync();
        await TestEngine.UntilAsync(engine, _ => Task.FromResult(Count("Redis is away: ") > 0));
        await server.RunAsync();
        await TestEngine.UntilAsync(engine, _ => Task.FromResult(Count("Connected with Redis") == 2));

        Assert.Equal((1, 2, 2), (Count("The Redis that decides"), Count("Connected with Redis"),
            Count("Redis may lose limits: its maxmemory-policy is allkeys-lru")));

        int Count(string beginning)
        {
            lock (lines)
                return lines.Count(line => line.StartsWith(beginning, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_a_server_refuses_is_said_once_and_again_when_it_is_over()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        var lines = new List<string>();
        var place = RedisPlace.Read(Builder().Configuration, isDevelopment: false, $"redis://{server.Address}", []);
        using var engine = new RedisEngine(Patient(place.ToEngineOptions()), TimeProvider.System);
        await new RedisStart(place, engine, TimeProvider.System, new Lines<RedisStart>(lines)).StartAsync(Cancellation);
        await TestEngine.UntilAsync(engine, _ => Task.FromResult(Lines().Contains("Connected with Redis")));
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        for (var i = 0; i < 20; i++)
            await engine.AskAsync(TestEngine.Request($"{i}", TestEngine.TenAnHour));
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        await TestEngine.UntilAsync(engine, _ => Task.FromResult(Lines().Contains("Redis does what it is asked again")));

        Assert.Equal(
            [
                "Connected with Redis",
                $"Redis does not do what it is asked, and what it refuses is decided as each policy's OnUnavailable says: {server.Address} "
                    + $"answers OOM command not allowed when used memory > 'maxmemory'",
                "Redis does what it is asked again",
            ],
            Lines().Skip(1));

        string[] Lines()
        {
            lock (lines)
                return [.. lines];
        }
    }

    [Theory]
    [InlineData("OTHER=1", "My%20Shop")]
    [InlineData("Limiter:Application=shop-1", "shop-1")]
    [InlineData("Limiter:Application=", "")]
    public void Keys_are_named_after_the_application_unless_it_says_otherwise(string variable, string application) =>
        Assert.Equal(application, OptionsOf(Builder(variable).AddRedisEngine("redis://cache")).Application);

    [Fact]
    public void The_service_itself_keeps_the_names_that_its_keys_have()
    {
        var options = OptionsOf(Builder().AddRedisEngine("redis://cache", application: ""));

        Assert.Equal("", options.Application);
        Assert.Equal("l{dev-free/default/one}", (string)new ScopeTable(options.Application).Of(TestEngine.Scope)
            .NamesOf("one", withIds: false)[0]!);
    }

    [Fact]
    public void A_name_that_is_none_is_refused_by_name_and_rule()
    {
        var builder = Builder("Limiter:Application=two words").AddRedisEngine("redis://cache");

        var wrong = Assert.Throws<LimiterConfigurationException>(() => OptionsOf(builder));

        Assert.Equal("Limiter:Application is 'two words': it must be at most 64 letters, digits, '.', '_', '-', '~' or '%', or empty.",
            wrong.Message);
    }

    [Fact]
    public void An_address_says_all_there_is_to_say()
    {
        var options = OptionsOf(Builder().AddRedisEngine("rediss://:pass@[::1]:6380/3"));

        Assert.Equal(["[::1]:6380"], options.EndPoints);
        Assert.Equal((null, "pass", 3, true), (options.User, options.Password, options.Database, options.Ssl));
    }

    [Theory]
    [InlineData("secret@nowhere", "OTHER=1",
        "url is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData("", "REDIS_URL=redis://cache",
        "url is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData(null, "REDIS_URL=http://:secret@nowhere",
        "REDIS_URL is not such an address: it must be redis://[[user]:password@]host[:port][/database], or rediss:// for TLS.")]
    [InlineData(null, "REDIS_PORT=0", "REDIS_PORT is '0': it must be a whole number from 1 to 65,535.")]
    [InlineData("redis://:secret@cache/1001", "OTHER=1",
        "url is not possible here: it must be changed: Database is 1001: it must be from 0 to 1,000.")]
    public void A_wrong_one_is_refused_by_name_and_rule_without_its_password(string? url, string variable, string message)
    {
        var wrong = Assert.Throws<LimiterConfigurationException>(() => OptionsOf(Builder(variable).AddRedisEngine(url)));

        Assert.Equal(message, wrong.Message);
    }

    [Fact]
    public void What_is_wrong_with_the_address_is_told_with_all_else_that_is_wrong()
    {
        var builder = Builder("REDIS_URL=cache");
        builder.Configuration["Limiter:MaxKeys"] = "many";

        var wrong = Assert.Throws<LimiterConfigurationException>(() => OptionsOf(builder.AddRedisEngine()));

        Assert.Equal(["Limiter:MaxKeys", "REDIS_URL"], wrong.Failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public async Task A_password_that_is_refused_ends_the_start_and_is_not_shown()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "right");
        var builder = Builder();
        builder.AddRedisEngine($"redis://:wrong-secret@{server.Address}");
        builder.Services.AddSingleton<TimeProvider>(new TestKit.FakeTimeProvider()); // the start's own patience has no end
        await using var app = builder.Build();

        var wrong = await Assert.ThrowsAsync<LimiterConfigurationException>(() => app.StartAsync(Cancellation));

        Assert.StartsWith("url is not accepted: it must hold the password of its server: ", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_engine_is_behind_the_deadline_and_the_fallback_and_brings_no_valve()
    {
        var builder = Builder();
        builder.AddRedisEngine("redis://127.0.0.1:1");
        await using var app = builder.Build();

        Assert.IsType<ResilientEngine>(app.Services.GetRequiredService<ILimitEngine>());
        Assert.Null(app.Services.GetService<IValveEngine>());
    }

    private static RedisEngineOptions Patient(RedisEngineOptions options)
    {
        (options.ConnectPatience, options.AnswerPatience) = (TestEngine.ConnectPatience, TestEngine.Patience);
        return options;
    }

    private static RedisEngineOptions OptionsOf(IHostApplicationBuilder builder)
    {
        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<RedisEngineOptions>();
    }

    private static WebApplicationBuilder Builder(string variable = "OTHER=1", string? environment = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ApplicationName = "My Shop",
            EnvironmentName = environment ?? Environments.Production,
        });
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create(variable.Split('=', 2)[0], (string?)variable.Split('=', 2)[1])]);
        builder.AddOrleansLimiter();
        return builder;
    }

    /// <summary>Notes what is said.</summary>
    private sealed class Lines<T>(List<string> lines) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
                lines.Add(formatter(state, exception));
        }
    }
}
