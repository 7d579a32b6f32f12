using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Data;

/// <summary>The database as a part of the service.</summary>
internal static class DataServices
{
    public static IServiceCollection AddData(this IServiceCollection services, DatabaseSettings settings)
    {
        services.TryAddSingleton(settings);
        services.AddContexts(settings);
        services.TryAddSingleton<ServiceDbFactory>();
        services.TryAddSingleton<Transactions>();
        services.TryAddSingleton<BusyLog>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IKnownFailures, DatabaseFailures>());
        services.TryAddSingleton<DatabaseStart>();
        services.TryAddSingleton<Housekeeping>();
        services.AddHostedService(provider => provider.GetRequiredService<Housekeeping>());
        return services;
    }

    /// <summary>Brings the database up to date before anything of the service runs.</summary>
    public static Task PrepareDatabaseAsync(this WebApplication app) =>
        app.Services.GetRequiredService<DatabaseStart>().RunAsync(app.Lifetime.ApplicationStopping);
}
