using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// A host inside another one's process. It reads no configuration, hears no signal, and logs and measures where the other does.
/// </summary>
internal static class ChildHost
{
    /// <summary>Begins one.</summary>
    /// <param name="loggers">The outer host's; it is not disposed of with the child. Keys are taken out of what Orleans logs.</param>
    /// <param name="time">The clock of what it logs.</param>
    /// <param name="meters">The outer host's: what the child measures is measured for it, for as long as the child lives.</param>
    /// <returns>The builder.</returns>
    public static HostApplicationBuilder CreateBuilder(ILoggerFactory loggers, TimeProvider time, IMeterFactory meters)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new KeylessLoggerFactory(loggers, time)));
        builder.Services.Replace(ServiceDescriptor.Singleton<IMeterFactory>(_ => new ChildMeters(meters)));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, Unsignalled>());
        return builder;
    }

    /// <summary>Signals are the outer host's: it stops the child when its own work is done.</summary>
    private sealed class Unsignalled : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
