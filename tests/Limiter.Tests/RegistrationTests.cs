using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Metrics;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Limiter.Tests;

public class RegistrationTests
{
    [Fact]
    public void Everything_is_registered_once()
    {
        using var provider = Services(isDevelopment: true).BuildServiceProvider(validateScopes: true);
        var settings = provider.GetRequiredService<LimiterSettings>();
        Assert.Same(settings.Policies, provider.GetRequiredService<PolicyCatalog>());
        Assert.Same(settings.Tenants, provider.GetRequiredService<TenantDirectory>());
        Assert.Same(settings.Operators, provider.GetRequiredService<OperatorDirectory>());
        Assert.Same(provider.GetRequiredService<LimitService>(), provider.GetRequiredService<LimitService>());
        Assert.Same(provider.GetRequiredService<ILimiter>(), provider.GetRequiredService<ILimiter>());
        Assert.Same(provider.GetRequiredService<LimiterMetrics>(), provider.GetRequiredService<LimiterMetrics>());
        Assert.Same(TimeProvider.System, provider.GetRequiredService<TimeProvider>());
    }

    [Fact]
    public void Wrong_settings_stop_the_host_with_every_error_on_a_line()
    {
        using var provider = Services(isDevelopment: false, ("Limiter:MaxKeys", "0"), ("Limiter:FrontEnds", "no"))
            .BuildServiceProvider();
        Assert.NotEmpty(provider.GetServices<IHostedService>());
        var thrown = Assert.Throws<LimiterConfigurationException>(provider.GetRequiredService<IStartupValidator>().Validate);
        Assert.Equal(
            "Limiter:FrontEnds is 'no': it must be a whole number from 1 to 10,000.\n"
            + "Limiter:MaxKeys is '0': it must be a whole number from 1 to 100,000,000 keys.",
            thrown.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_start_line_says_what_the_limiter_starts_with(bool isDevelopment)
    {
        var logger = new LinesLogger<LimiterStart>();
        var services = Services(isDevelopment);
        services.AddSingleton<ILogger<LimiterStart>>(logger);
        await using var provider = services.BuildServiceProvider();
        var start = provider.GetRequiredService<IHostedService>();
        await start.StartAsync(TestContext.Current.CancellationToken);
        await start.StopAsync(TestContext.Current.CancellationToken);
        string[] expected = isDevelopment
            ?
            [
                "Information LimiterStarted: The limiter starts: engine memory, 14 policies, 3 tenants, at most 1000000 keys, 250000 of "
                    + "one tenant, and 500000 of the app's own limits.",
                "Warning DevelopmentDefaults: The development defaults are on: well-known API keys and a well-known operator key are "
                    + "accepted. Never serve others like this.",
            ]
            : ["Information LimiterStarted: The limiter starts: engine memory, 2 policies, 0 tenants, at most 1000000 keys, 1000000 of "
                + "one tenant, and 1000000 of the app's own limits."];
        Assert.Equal(expected, logger.Lines);
    }

    [Fact]
    public void Code_may_change_the_options()
    {
        using var provider = new ServiceCollection()
            .AddLimiterCore(Configured.From(), options => options.FrontEnds = 4)
            .BuildServiceProvider();
        Assert.Equal(4, provider.GetRequiredService<LimiterSettings>().FrontEnds);
    }

    [Fact]
    public async Task An_application_of_ones_own_starts_from_nothing_and_is_warned_of_nothing()
    {
        var logger = new LinesLogger<LimiterStart>();
        var services = new ServiceCollection()
            .AddLimiterCore(Configured.From(Configured.PolicyX))
            .AddSingleton<ILimitEngine>(new ScriptedEngine())
            .AddSingleton<ILogger<LimiterStart>>(logger);
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IHostedService>().StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal([
            "Information LimiterStarted: The limiter starts: engine memory, 1 policies, 0 tenants, at most 1000000 keys, 1000000 of one "
            + "tenant, and 1000000 of the app's own limits."], logger.Lines);
        var settings = provider.GetRequiredService<LimiterSettings>();
        Assert.Equal("x", Assert.Single(settings.Policies.All).Name);
        Assert.False(settings.Tenants.TryFind(TestProgram.FreeKey, out _));
        Assert.False(settings.Tenants.TryFind(null, out _));
        Assert.False(settings.Operators.TryFind(TestProgram.OperatorKey, out _));
    }

    private static IServiceCollection Services(bool isDevelopment, params (string Name, string? Value)[] values) => new ServiceCollection()
        .AddTestProgram(isDevelopment)
        .AddLimiterCore(Configured.From(values))
        .AddSingleton<ILimitEngine>(new ScriptedEngine())
        .AddSingleton<ILogger<LimitService>>(new LinesLogger<LimitService>())
        .AddSingleton<ILogger<SettingsWatch>>(new LinesLogger<SettingsWatch>())
        .AddSingleton<ILogger<LimiterStart>>(new LinesLogger<LimiterStart>());
}
