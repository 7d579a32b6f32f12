using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Configuration;

/// <summary>The memory engine as the settings want it: the embedded one, and the one that decides in a remote engine's place.</summary>
internal static class EmbeddedEngine
{
    /// <summary>Makes one, and has its keys counted.</summary>
    public static MemoryEngine Create(IServiceProvider services)
    {
        var settings = services.GetRequiredService<LimiterSettings>();
        var options = new MemoryEngineOptions
        {
            MaxKeys = settings.MaxKeys,
            MaxKeysPerTenant = settings.MaxKeysPerTenant,
            MaxOwnKeys = settings.MaxOwnKeys,
            OwnPolicies = settings.OwnPolicyCount,
        };
        var engine = new MemoryEngine(options, services.GetRequiredService<TimeProvider>());
        services.GetRequiredService<LimiterMetrics>().ObserveKeys(() => engine.KeyCount);
        return engine;
    }
}
