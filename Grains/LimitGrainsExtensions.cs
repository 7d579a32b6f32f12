using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Grains.Batches;

namespace OrleansLimiter.Grains;

/// <summary>How a silo comes to serve limits.</summary>
public static class LimitGrainsExtensions
{
    /// <summary>
    /// Adds what the limits' actors need. Snapshots go to the grain storage named <see cref="LimitGrainOptions.StorageName"/>, if the
    /// silo has one.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="time">The clock of the decisions.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The silo.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its bounds.</exception>
    public static ISiloBuilder AddLimitGrains(this ISiloBuilder silo, TimeProvider time, Action<LimitGrainOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(time);
        var options = new LimitGrainOptions();
        configure?.Invoke(options);
        options.Validate();
        silo.Services.AddSingleton(services => new SaveQueue(options.SnapshotInterval, services.GetRequiredService<TimeProvider>()));
        silo.Services.AddSingleton(services => new ActorsInUse(services, time));
        silo.AddGrainService<ActorsInUseService>();
        silo.Services.AddSingleton(services => new BatchRunPool(
            services.GetRequiredService<IGrainFactory>(),
            services.GetRequiredService<SiloParts>().Counting,
            NumberOf(services),
            services.GetRequiredService<TimeProvider>()));
        silo.AddGrainService<LimitBatchService>();
        silo.Services.AddSingleton(services => new SiloParts(
            NumberOf(services),
            options,
            new MonotonicClock(time),
            new TenantQuotas(options.Sizes),
            services.GetRequiredService<SaveQueue>(),
            new SpecCatalog(),
            StoragesOf(services),
            services.GetRequiredService<ActorsInUse>(),
            new CountingActors(),
            services.GetRequiredService<ILogger<LimitGrain>>()));
        return silo;
    }

    /// <summary>Has a silo try its storage and its actors before it says that it is ready; one that cannot store does not start.</summary>
    /// <param name="silo">The silo, with <see cref="AddLimitGrains"/> and its storage.</param>
    /// <returns>The silo.</returns>
    public static ISiloBuilder WarmUpLimitGrains(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return silo.AddStartupTask((services, cancellationToken) => WarmUp.RunAsync(
            services.GetRequiredService<SiloParts>(),
            services.GetRequiredService<IGrainFactory>(),
            services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString(),
            cancellationToken));
    }

    private static uint NumberOf(IServiceProvider services) =>
        BatchingSilos.NumberOf(services.GetRequiredService<ILocalSiloDetails>().SiloAddress);

    private static SnapshotStorages StoragesOf(IServiceProvider services) => new(
        services.GetKeyedService<IGrainStorage>(LimitGrainOptions.StorageName),
        [
            .. ExpiringStorage.All
                .Select(storage => (storage.Horizon, Storage: services.GetKeyedService<IGrainStorage>(storage.StorageName)))
                .Where(storage => storage.Storage is not null)
                .Select(storage => (storage.Horizon, storage.Storage!)),
        ]);
}
