using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Grains.Valve;

/// <summary>How a silo comes to serve sales' valves.</summary>
public static class QueueValvesExtensions
{
    /// <summary>
    /// Adds what the valves' actors need. They are stored in the grain storage named <see cref="LimitGrainOptions.StorageName"/>; without
    /// it no valve can be set up.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="time">The clock of the valves.</param>
    /// <param name="configure">Changes the settings.</param>
    /// <returns>The silo.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its bounds.</exception>
    public static ISiloBuilder AddQueueValves(this ISiloBuilder silo, TimeProvider time, Action<QueueValveOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        ArgumentNullException.ThrowIfNull(time);
        var options = new QueueValveOptions();
        configure?.Invoke(options);
        options.Validate();
        silo.Services.AddSingleton(services => new ValveParts(
            options,
            new ValveClock(time),
            services.GetRequiredService<TimeProvider>(),
            services.GetKeyedService<IGrainStorage>(LimitGrainOptions.StorageName),
            services.GetRequiredService<ILogger<QueueValveGrain>>()));
        return silo;
    }
}
