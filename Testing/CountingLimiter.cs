using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansLimiter.Configuration;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.Metrics;
using OrleansLimiter.Service;

namespace OrleansLimiter.Testing;

/// <summary>
/// The limiter itself, on the embedded engine, for policies that a test declares: without a host, settings of files, and logs.
/// </summary>
internal static class CountingLimiter
{
    /// <summary>Creates one; null where no policy is declared.</summary>
    /// <exception cref="LimiterConfigurationException">A policy breaks a rule.</exception>
    public static OwnLimiter? Create(TimeProvider time, Action<LimiterOptions> configure)
    {
        var options = new LimiterOptions();
        configure(options);
        var settings = LimiterSettings.TryCompile(options, WellKnownKeys.None, options.Errors)
            ?? throw new LimiterConfigurationException(options.Errors);
        if (settings.Policies.All.Count == 0)
            return null;
        var engine = new MemoryEngine(
            new MemoryEngineOptions
            {
                MaxKeys = settings.MaxKeys,
                MaxKeysPerTenant = settings.MaxKeysPerTenant,
                MaxOwnKeys = settings.MaxOwnKeys,
                OwnPolicies = settings.OwnPolicyCount,
            },
            time);
        var service = new LimitService(engine, new LimiterMetrics(new PlainMeters(), time), time, NullLogger<LimitService>.Instance);
        return new OwnLimiter(service, settings.Policies, time);
    }

    private sealed class PlainMeters : IMeterFactory
    {
        /// <inheritdoc />
        public Meter Create(MeterOptions options) => new(options);

        /// <inheritdoc />
        public void Dispose()
        {
        }
    }
}
