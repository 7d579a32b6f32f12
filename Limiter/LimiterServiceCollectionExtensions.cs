using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansLimiter.Configuration;
using OrleansLimiter.Metrics;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;

namespace OrleansLimiter;

internal static class LimiterServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="LimiterSettings"/>, <see cref="PolicyCatalog"/>, <see cref="TenantDirectory"/>, <see cref="OperatorDirectory"/>,
    /// <see cref="LimiterMetrics"/>, <see cref="LimitService"/> and <see cref="ILimiter"/>, each once, from <see cref="LimiterOptions"/>:
    /// these are bound to the configuration, changed by code, and validated before the host starts anything. The engine
    /// (<see cref="Core.Ports.ILimitEngine"/>) is the caller's to add.
    /// </summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">What to read, once.</param>
    /// <param name="configure">Changes made by code, after configuration.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddLimiterCore(
        this IServiceCollection services,
        IConfiguration configuration,
        Action<LimiterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<LimiterOptions>().ValidateOnStart();
        services.TryAddTransient<IOptionsFactory<LimiterOptions>, LimiterOptionsFactory>();
        services.TryAddSingleton(provider => new LimiterSetup(
            configuration, provider.GetServices<IBuiltInPolicies>(), provider.GetService<WellKnownKeys>() ?? WellKnownKeys.None));
        services.TryAddEnumerable([
            ServiceDescriptor.Singleton<IConfigureOptions<LimiterOptions>, LimiterSetup>(Setup),
            ServiceDescriptor.Singleton<IValidateOptions<LimiterOptions>, LimiterSetup>(Setup),
        ]);
        if (configure is not null)
            services.Configure(configure);

        // The monitor's, since those are what was validated at the start.
        services.TryAddSingleton(
            provider => Setup(provider).Compile(provider.GetRequiredService<IOptionsMonitor<LimiterOptions>>().CurrentValue));
        services.TryAddSingleton(provider => provider.GetRequiredService<LimiterSettings>().Policies);
        services.TryAddSingleton(provider => provider.GetRequiredService<LimiterSettings>().Tenants);
        services.TryAddSingleton(provider => provider.GetRequiredService<LimiterSettings>().Operators);
        services.TryAddSingleton<LimiterMetrics>();
        services.TryAddSingleton<LimitService>();
        services.TryAddSingleton<ILimiter, OwnLimiter>();
        services.AddSingleton(new WatchedSettings([LimiterOptions.Section, "Tenants", "Operators"]));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SettingsWatch>(provider => new SettingsWatch(
            configuration, provider.GetServices<WatchedSettings>(), provider.GetRequiredService<ILogger<SettingsWatch>>())));
        services.AddHostedService<LimiterStart>();
        return services;

        static LimiterSetup Setup(IServiceProvider provider) => provider.GetRequiredService<LimiterSetup>();
    }
}
