using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Bounds the calls that an engine has under way: its client's queues have no bound of their own, and a stall would become memory. A tenant
/// has at most a share of them, so that a flood of one tenant's is turned away before it makes others' calls late; the service's own tenant
/// may have them all. A call counts until it really ends, also one that nobody waits for any more. Safe for use by many threads; takes no
/// lock.
/// </summary>
internal sealed class InFlightEngine : ILimitEngine
{
    // A batch of the wire contract has as many.
    private const int LeastShare = 100;
    private const int Shares = 4;

    private static readonly EngineReply Rejected = EngineReply.Failed(EngineFault.Overloaded).From(ReplySource.Local);

    private readonly ConcurrentDictionary<string, Places> _ofTenants = []; // tenants are configured: they are few
    private readonly ILimitEngine _inner;
    private readonly ResilienceMetrics _metrics;
    private readonly Places _all;
    private readonly Func<string, Places> _newTenant;

    /// <param name="inner">Who is called.</param>
    /// <param name="max">The most calls under way.</param>
    /// <param name="metrics">Where those are counted that were turned away.</param>
    public InFlightEngine(ILimitEngine inner, int max, ResilienceMetrics metrics)
    {
        (_inner, _metrics, _all) = (inner, metrics, new Places(max));
        var share = ShareOf(max);
        _newTenant = _ => new Places(share);
    }

    public string Source => _inner.Source;

    /// <summary>How many calls are under way.</summary>
    public int Count => _all.Count;

    /// <summary>The most calls of one tenant: a quarter, but at least 100 where there are as many.</summary>
    public static int ShareOf(int max) => Math.Min(max, Math.Max(LeastShare, max / Shares));

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        var tenant = request.Key.Scope is { Tenant: not KeyScope.OwnTenant and var name } ? _ofTenants.GetOrAdd(name, _newTenant) : null;
        if (!TryEnter(tenant))
        {
            _metrics.CountInFlightRejection();
            return new(Rejected);
        }

        ValueTask<EngineReply> pending;
        try
        {
            pending = _inner.ExecuteAsync(request, cancellationToken);
        }
        catch
        {
            Leave(tenant);
            throw;
        }

        if (!pending.IsCompleted)
            return Counted(pending, tenant);
        Leave(tenant);
        return pending;
    }

    private bool TryEnter(Places? tenant)
    {
        if (tenant?.TryTake() == false)
            return false;
        if (_all.TryTake())
            return true;
        tenant?.Free();
        return false;
    }

    private void Leave(Places? tenant)
    {
        _all.Free();
        tenant?.Free();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EngineReply> Counted(ValueTask<EngineReply> pending, Places? tenant)
    {
        try
        {
            return await pending.ConfigureAwait(false);
        }
        finally
        {
            Leave(tenant);
        }
    }

    /// <summary>So many places, and how many are taken.</summary>
    private sealed class Places(int most)
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public bool TryTake()
        {
            if (Interlocked.Increment(ref _count) <= most)
                return true;
            Interlocked.Decrement(ref _count);
            return false;
        }

        public void Free() => Interlocked.Decrement(ref _count);
    }
}
