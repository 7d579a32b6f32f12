using System.Collections.Concurrent;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Bounds the calls that an engine has under way: its client's queues have no bound of their own, and a stall would become memory. A tenant
/// has at most a share of them, so that a flood of one tenant's is turned away before it makes others' calls late; the service's own tenant
/// may have them all. Safe for use by many threads; takes no lock.
/// </summary>
internal sealed class CallsInFlight
{
    // A batch of the wire contract has as many.
    private const int LeastShare = 100;
    private const int Shares = 4;

    private readonly ConcurrentDictionary<string, Places> _ofTenants = []; // tenants are configured: they are few
    private readonly Places _all;
    private readonly Func<string, Places> _newTenant;

    /// <param name="max">The most calls under way.</param>
    public CallsInFlight(int max)
    {
        _all = new Places(max);
        var share = ShareOf(max);
        _newTenant = _ => new Places(share);
    }

    /// <summary>How many calls are under way.</summary>
    public int Count => _all.Count;

    /// <summary>The most calls of one tenant: a quarter, but at least 100 where there are as many.</summary>
    public static int ShareOf(int max) => Math.Min(max, Math.Max(LeastShare, max / Shares));

    /// <summary>Counts a call that begins.</summary>
    /// <param name="scope">Whose it is.</param>
    /// <param name="tenant">The places of its tenant, for <see cref="Leave"/>; null where only the bound over all holds.</param>
    /// <returns>Whether it may begin.</returns>
    public bool TryEnter(KeyScope scope, out Places? tenant)
    {
        tenant = scope is { Tenant: not KeyScope.OwnTenant and var name } ? _ofTenants.GetOrAdd(name, _newTenant) : null;
        if (tenant?.TryTake() == false)
            return false;
        if (_all.TryTake())
            return true;
        tenant?.Free();
        return false;
    }

    /// <summary>A call has really ended, whether somebody waited for that or not.</summary>
    public void Leave(Places? tenant)
    {
        _all.Free();
        tenant?.Free();
    }

    /// <summary>So many places, and how many are taken.</summary>
    internal sealed class Places(int most)
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
