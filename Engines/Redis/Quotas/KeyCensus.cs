using System.Collections.Concurrent;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Redis.Quotas;

/// <summary>
/// Whose keys take how much of the servers' memory, estimated from keys drawn at random: so it costs no request anything, holds for any
/// number of front ends and for a Redis Cluster, and is right about keys that live longer than was foreseen. It is off by the error of a
/// sample, and late by the pause between two looks. Safe for many threads.
/// </summary>
/// <param name="sizes">How much there may be, in bytes of the servers' memory.</param>
/// <param name="frontEnds">How many front ends make keys as this one does.</param>
internal sealed class KeyCensus(QuotaSizes sizes, int frontEnds)
{
    /// <summary>
    /// What a plain key takes of a server's memory: its name of some 50 bytes, its state, and its places in the tables of keys and of
    /// expiries.
    /// </summary>
    public const int PlainBytes = 176;

    /// <summary>
    /// What a key with an expiry takes in the tables of keys and of expiries: the server does not count it when asked what a key takes.
    /// </summary>
    public const int TableBytes = 40;

    private readonly ConcurrentDictionary<string, KeyEstimate> _tenants = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KeyEstimate> _ownPolicies = new(StringComparer.Ordinal);
    private double _callers;
    private long _callersMade;
    private bool _hasLooked;

    /// <summary>How much there may be.</summary>
    public QuotaSizes Sizes => sizes;

    /// <summary>How many front ends make keys.</summary>
    public int FrontEnds => frontEnds;

    /// <summary>The bytes of all callers' tenants.</summary>
    public double CallersBytes => Volatile.Read(ref _callers) + Volatile.Read(ref _callersMade) * (double)frontEnds;

    /// <summary>The bytes that the service's own policies have beyond what is reserved for each.</summary>
    public double BorrowedBytes
    {
        get
        {
            var borrowed = 0.0;
            foreach (var (_, policy) in _ownPolicies)
                borrowed += Math.Max(0, policy.Bytes - sizes.OwnPerPolicy);
            return borrowed;
        }
    }

    /// <summary>The estimate that a tenant's keys under a policy count in: the same object at every call.</summary>
    public KeyEstimate For(KeyScope scope) => For(scope.Tenant, scope.Policy);

    /// <summary>Counts a key that this front end has made for a caller's tenant.</summary>
    public void Made(int bytes) => Interlocked.Add(ref _callersMade, bytes);

    /// <summary>Takes what a look found. Called by one thread at a time.</summary>
    public void Take(IReadOnlyList<SampledServer> servers)
    {
        var found = new Dictionary<KeyEstimate, (double Bytes, List<long> Expiries)>();
        foreach (var server in servers)
        {
            foreach (var key in server.Keys)
            {
                var estimate = For(key.Tenant, key.Policy);
                if (!found.TryGetValue(estimate, out var sum))
                    sum.Expiries = [];
                sum.Bytes += (double)server.KeyCount / server.Drawn * (key.Bytes + TableBytes);
                if (key.Milliseconds is { } milliseconds)
                    sum.Expiries.Add(milliseconds);
                found[estimate] = sum;
            }
        }

        foreach (var estimate in _tenants.Values.Concat(_ownPolicies.Values))
            estimate.Take(found.TryGetValue(estimate, out var sum) ? sum.Bytes : 0, !_hasLooked);
        _hasLooked = true;
        var callers = _tenants.Sum(static tenant => tenant.Value.Bytes);
        Volatile.Write(ref _callers, callers);
        Interlocked.Exchange(ref _callersMade, 0);
        var borrowed = BorrowedBytes;
        foreach (var (estimate, sum) in found)
            estimate.TakeExpiries(sum.Expiries, estimate.IsOwn
                ? Excess(borrowed, sizes.OwnCommon)
                : Math.Max(Excess(estimate.Bytes, sizes.PerTenant), Excess(callers, sizes.Callers)));
    }

    private static double Excess(double bytes, double most) => bytes <= most ? 0 : (bytes - most) / bytes;

    private KeyEstimate For(string tenant, string policy) => tenant == KeyScope.OwnTenant
        ? _ownPolicies.GetOrAdd(policy, _ => new KeyEstimate(this, isOwn: true))
        : _tenants.GetOrAdd(tenant, _ => new KeyEstimate(this, isOwn: false));
}

/// <summary>Keys that were drawn at random from one server.</summary>
/// <param name="KeyCount">How many keys it has.</param>
/// <param name="Drawn">How many were drawn, whoever's they are. At least 1.</param>
/// <param name="Keys">Those of them that are limits'.</param>
internal sealed record SampledServer(long KeyCount, int Drawn, IReadOnlyList<SampledKey> Keys);

/// <summary>One of them.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Policy">Under which policy.</param>
/// <param name="Bytes">What the server says that it takes.</param>
/// <param name="Milliseconds">How long it still lives; null for ever.</param>
internal readonly record struct SampledKey(string Tenant, string Policy, long Bytes, long? Milliseconds);
