using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime.Services;

namespace OrleansLimiter.Grains;

/// <summary>Which actors count the keys of which policies, in all of the cluster: this silo's end of it. Safe for many threads.</summary>
internal sealed class ActorsInUse : IOtherSilos
{
    private readonly ConcurrentDictionary<string, PolicyActors> _policies = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PolicyActors>.AlternateLookup<ReadOnlySpan<char>> _policiesBySpan;
    private readonly IClusterManifestProvider _types;
    private readonly ISiloStatusOracle _silos;
    private readonly Client _client;
    private readonly TimeProvider _time;
    private volatile Seen? _seen;

    /// <param name="services">The silo's.</param>
    /// <param name="time">The clock of what is in use no more.</param>
    public ActorsInUse(IServiceProvider services, TimeProvider time)
    {
        _types = services.GetRequiredService<IClusterManifestProvider>();
        _silos = services.GetRequiredService<ISiloStatusOracle>();
        (_client, _time) = (new Client(services), time);
        _policiesBySpan = _policies.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public bool HaveNamedActors
    {
        get
        {
            var seen = Look();
            return seen.HaveNamedActors && (seen.Leaving.Length == 0 || HaveLeft(seen));
        }
    }

    public IReadOnlyCollection<SiloAddress> Peers
    {
        get
        {
            var seen = Look();
            return
            [
                .. _silos.GetApproximateSiloStatuses()
                    .Where(silo => IsServing(silo.Value) && !silo.Key.Equals(_silos.SiloAddress))
                    .Select(silo => silo.Key)
                    .Where(silo => !seen.Known.TryGetValue(silo, out var manifest) || NamedActors.AreIn(manifest)),
            ];
        }
    }

    /// <summary>The actors of a policy.</summary>
    /// <param name="policy">Its name, behind its application's and a colon where it has one.</param>
    /// <returns>The same object at every call.</returns>
    public PolicyActors Of(ReadOnlySpan<char> policy) => _policiesBySpan.TryGetValue(policy, out var actors)
        ? actors
        : _policies.GetOrAdd(policy.ToString(), static (name, all) => new PolicyActors(name, all, all._time), this);

    public bool IsGone(SiloAddress silo) => _silos.IsDeadSilo(silo);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever keeps a silo from answering, it is asked again.")]
    public async Task<ActorsInUseMessage?> ExchangeAsync(SiloAddress silo, string policy, ActorsInUseMessage told)
    {
        try
        {
            return await _client.At(silo).ExchangeAsync(policy, _silos.SiloAddress, told);
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>Those that are about to leave have actors until they have left.</summary>
    private static bool IsServing(SiloStatus status) => status == SiloStatus.Active || IsLeaving(status);

    private static bool IsLeaving(SiloStatus status) => status is SiloStatus.ShuttingDown or SiloStatus.Stopping;

    /// <summary>
    /// What is known of the silos' builds. The list of what silos have no longer names one that is about to leave, which has its keys
    /// until it has stored the last of them: so what it said is remembered. Of one that began to leave before it was known nothing is
    /// assumed: it may have common actors of the build before, and may be able to tell of others.
    /// </summary>
    private Seen Look()
    {
        var (types, seen) = (_types.Current, _seen);
        if (seen is not null && ReferenceEquals(types, seen.Types))
            return seen;
        var unlisted = _silos.GetApproximateSiloStatuses()
            .Where(silo => IsServing(silo.Value) && !types.Silos.ContainsKey(silo.Key))
            .ToList();
        var known = types.Silos;
        foreach (var (silo, _) in unlisted)
        {
            if (seen is not null && seen.Known.TryGetValue(silo, out var manifest))
                known = known.SetItem(silo, manifest);
        }

        SiloAddress[] leaving =
        [
            .. unlisted
                .Where(silo => known.TryGetValue(silo.Key, out var manifest) ? NamedActors.AreMissingIn(manifest) : IsLeaving(silo.Value))
                .Select(silo => silo.Key),
        ];
        return _seen = new Seen(types, known, leaving, NamedActors.AreEverywhere(types));
    }

    private bool HaveLeft(Seen seen)
    {
        if (!Array.TrueForAll(seen.Leaving, silo => _silos.GetApproximateSiloStatus(silo) is SiloStatus.Dead or SiloStatus.None))
            return false;
        Interlocked.CompareExchange(ref _seen, seen with { Leaving = [] }, seen);
        return true;
    }

    private sealed record Seen(
        ClusterManifest Types, ImmutableDictionary<SiloAddress, GrainManifest> Known, SiloAddress[] Leaving, bool HaveNamedActors);

    private sealed class Client(IServiceProvider services) : GrainServiceClient<IActorsInUse>(services)
    {
        public IActorsInUse At(SiloAddress silo) => GetGrainService(silo);
    }
}
