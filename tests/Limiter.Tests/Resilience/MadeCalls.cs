using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>The way to an engine of the test's choice, without what stands before it.</summary>
internal static class MadeCalls
{
    /// <param name="engine">Who is called.</param>
    /// <param name="meters">Where is counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where is logged.</param>
    /// <param name="partitions">Who knows the partitions of keys; null: there are none.</param>
    /// <param name="values">Settings.</param>
    public static RemoteCalls To(
        ILimitEngine engine,
        IMeterFactory meters,
        TimeProvider time,
        ILogger logger,
        IPartitionedEngine? partitions = null,
        params (string Name, string? Value)[] values)
    {
        var settings = Configured.Development(values).Resilience;
        var (metrics, log) = (new ResilienceMetrics(meters, engine.Source), new ResilienceLog(time, logger));
        var breakers = new Breakers(engine.Source, partitions, settings, time, () => 0.5, metrics, log);
        return new RemoteCalls(engine, breakers, settings, time, metrics, log);
    }
}
