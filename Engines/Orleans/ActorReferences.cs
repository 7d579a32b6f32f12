using Orleans.Metadata;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// References to the actors that were asked lately, so that a key's next request need neither compose its name nor look its actor up. A
/// fixed number of places, each key's one of four by its hash; a key whose places are all others' takes one over. A key's actor is its
/// algorithm's own where all silos have those, and else the common one. Safe for many threads; takes no lock.
/// </summary>
/// <param name="cluster">The cluster that the references are of.</param>
/// <param name="beginning">What the actors' names begin with.</param>
/// <param name="changed">Told when the silos are others than before.</param>
internal sealed class ActorReferences(ReachedCluster cluster, string beginning = "", Action<ClusterManifest>? changed = null)
{
    /// <summary>The most references that are kept.</summary>
    public const int Places = 1 << 16;

    private const int Ways = 4;

    private readonly AskedActor?[] _places = new AskedActor?[Places];

    // Of the keys that have the places: most of those that are not asked for are told apart by this.
    private readonly int[] _hashes = new int[Places];
    private readonly CommonPolicies _common = new();
    private volatile Seen? _seen;

    /// <summary>The cluster that the references are of.</summary>
    public ReachedCluster Cluster => cluster;

    private bool HaveNamedActors
    {
        get
        {
            if (cluster.Types?.Current is not { } types)
                return false;
            var seen = _seen;
            if (!ReferenceEquals(types, seen?.Types))
            {
                _seen = seen = new Seen(types, NamedActors.AreEverywhere(types));
                changed?.Invoke(types);
            }

            return seen.HaveNamedActors;
        }
    }

    /// <summary>The actor of a key, by the interface that stands for an algorithm.</summary>
    /// <param name="key">The key.</param>
    /// <param name="algorithm">The algorithm.</param>
    /// <param name="isTried">Whether it is an algorithm's own one of a policy whose keys the common ones count, as far as is known.</param>
    /// <exception cref="ArgumentException">The client does not know yet what the silos host.</exception>
    /// <exception cref="ObjectDisposedException">The client has been stopped.</exception>
    public AskedActor Of(in SubjectKey key, Algorithm algorithm, out bool isTried)
    {
        isTried = false;
        var isNamed = HaveNamedActors && !_common.Has(key.Scope.Policy, out isTried);
        return Of(key, algorithm, isNamed);
    }

    /// <summary>
    /// The common actor of the key of an own one, which has said that the common one counts: for a while the policy's keys are asked of
    /// theirs.
    /// </summary>
    /// <exception cref="ArgumentException">The client does not know what the silos host.</exception>
    /// <exception cref="ObjectDisposedException">The client has been stopped.</exception>
    public AskedActor CommonOf(AskedActor own)
    {
        _common.Add(own.Key.Scope.Policy);
        return Of(own.Key, own.Algorithm, isNamed: false);
    }

    /// <summary>An own actor of a policy's that was tried counts again: all of the policy's keys are asked of theirs.</summary>
    public void OwnActorsCount(string policy) => _common.Remove(policy);

    private AskedActor Of(in SubjectKey key, Algorithm algorithm, bool isNamed)
    {
        var hash = key.GetHashCode();
        var first = (hash & (Places / Ways - 1)) * Ways;
        for (var place = first; place < first + Ways; place++)
        {
            if (_hashes[place] == hash && Volatile.Read(ref _places[place]) is { } found
                && found.Algorithm == algorithm && found.IsNamed == isNamed && found.Key == key)
                return found;
        }

        var actor = Find(key, algorithm, isNamed);
        Keep(actor, hash, first);
        return actor;
    }

    private void Keep(AskedActor actor, int hash, int first)
    {
        var place = first + ((int)((uint)hash >> 24) & (Ways - 1));
        for (var free = first; free < first + Ways; free++)
        {
            if (Volatile.Read(ref _places[free]) is null)
            {
                place = free;
                break;
            }
        }

        _hashes[place] = hash;
        Volatile.Write(ref _places[place], actor);
    }

    private AskedActor Find(in SubjectKey key, Algorithm algorithm, bool isNamed)
    {
        var name = $"{beginning}{key}";
        var id = IdSpan.Create(name);
        return new AskedActor(key, algorithm, isNamed, id, Find(name, id, algorithm, isNamed));
    }

    private ILimitGrain Find(string name, IdSpan id, Algorithm algorithm, bool isNamed) => algorithm switch
    {
        Algorithm.TokenBucket => Find<ITokenBucketGrain>(name, id, algorithm, isNamed),
        Algorithm.Gcra => Find<IGcraGrain>(name, id, algorithm, isNamed),
        Algorithm.FixedWindow => Find<IFixedWindowGrain>(name, id, algorithm, isNamed),
        Algorithm.SlidingWindowCounter => Find<ISlidingWindowCounterGrain>(name, id, algorithm, isNamed),
        Algorithm.SlidingWindowLog => Find<ISlidingWindowLogGrain>(name, id, algorithm, isNamed),
        Algorithm.LeakyBucket => Find<ILeakyBucketGrain>(name, id, algorithm, isNamed),
        Algorithm.Concurrency => Find<IConcurrencyGrain>(name, id, algorithm, isNamed),
        _ => throw new NotSupportedException($"There is no actor for {algorithm}."),
    };

    // By its interface alone an actor is the common one, in every build: DefaultGrainType says so.
    private TActor Find<TActor>(string name, IdSpan id, Algorithm algorithm, bool isNamed)
        where TActor : ILimitGrain => isNamed
        ? cluster.Grains.GetGrain<TActor>(GrainId.Create(GrainType.Create(ActorTypes.Of(algorithm)), id))
        : cluster.Grains.GetGrain<TActor>(name);

    private sealed record Seen(ClusterManifest Types, bool HaveNamedActors);
}
