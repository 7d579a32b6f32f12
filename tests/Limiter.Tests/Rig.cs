using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Metrics;
using OrleansLimiter.Service;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests;

/// <summary>
/// A limit service on an engine of the test's choice, with the development settings, a fake clock, and its meter in sight.
/// </summary>
internal sealed class Rig : IDisposable
{
    /// <summary>How many decisions <see cref="AllocatedBy"/> measures, after as many that it does not.</summary>
    public const int Rounds = 10_000;

    private readonly ServiceProvider _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public Rig(ILimitEngine engine, FakeTimeProvider? time = null, params (string Name, string? Value)[] values)
    {
        Time = time ?? new FakeTimeProvider();
        Settings = Configured.Development(values);
        Meters = _provider.GetRequiredService<IMeterFactory>();
        Metrics = new LimiterMetrics(Meters, Time);
        Service = new LimitService(engine, Metrics, Time, Logger);
    }

    public FakeTimeProvider Time { get; }

    public LimiterSettings Settings { get; }

    public IMeterFactory Meters { get; }

    public LimiterMetrics Metrics { get; }

    public LinesLogger<LimitService> Logger { get; } = new();

    public LimitService Service { get; }

    /// <summary>The handle of a caller without an API key, or of the holder of one.</summary>
    public LimitHandle Handle(string policy, string? apiKey = null)
    {
        Assert.True(Settings.Tenants.TryFind(apiKey, out var tenant));
        return Service.HandleFor(tenant, Settings.Policy(policy));
    }

    public async Task<LimitAnswer> Ask(
        LimitHandle handle, Operation operation = Operation.Acquire, long permits = 1, string? id = null, LeaseId lease = default,
            string subject = "alice") =>
        await Service.ExecuteAsync(
            handle, SubjectKey.Of(handle.Scope, subject), operation, Permits.Of(permits), id is null ? RequestId.None : RequestId.Of(id),
                lease,
            TestContext.Current.CancellationToken);

    /// <summary>
    /// Bytes allocated by many decisions for a caller without an API key: handle, key and answer; after a first run that makes what is
    /// kept.
    /// </summary>
    public long AllocatedBy(string policyName, Operation operation)
    {
        Assert.True(Settings.Tenants.TryFind(null, out var tenant));
        var policy = Settings.Policy(policyName);
        var (allocated, answered) = (0L, 0);
        for (var run = 0; run < 2; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Rounds; i++)
            {
                var handle = Service.HandleFor(tenant, policy);
                var pending = Service.ExecuteAsync(handle, SubjectKey.Of(handle.Scope, "user-123"), operation, Permits.One);
                if (pending.IsCompletedSuccessfully && ReferenceEquals(pending.Result.Handle, handle))
                    answered++;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(2 * Rounds, answered);
        return allocated;
    }

    public void Dispose() => _provider.Dispose();
}
