using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// References to the actors that were asked lately, so that a key's next request need neither compose its name nor look its actor up. A fixed number of
/// places, each key's by its hash; a key whose place is another's takes it over. Safe for many threads; takes no lock.
/// </summary>
/// <param name="grains">The cluster that the references are of.</param>
/// <param name="beginning">What the actors' names begin with.</param>
internal sealed class ActorReferences(IGrainFactory grains, string beginning = "")
{
    /// <summary>The most references that are kept.</summary>
    public const int Places = 1 << 16;

    private readonly Reference?[] _places = new Reference?[Places];

    /// <summary>The cluster that the references are of.</summary>
    public IGrainFactory Grains => grains;

    /// <summary>The actor of a key, by the interface that stands for an algorithm.</summary>
    /// <exception cref="ArgumentException">The client does not know yet what the silos host.</exception>
    /// <exception cref="ObjectDisposedException">The client has been stopped.</exception>
    public ILimitGrain Of(in SubjectKey key, Algorithm algorithm)
    {
        ref var place = ref _places[key.GetHashCode() & (Places - 1)];
        var found = Volatile.Read(ref place);
        if (found is null || found.Algorithm != algorithm || found.Key != key)
            Volatile.Write(ref place, found = new Reference(key, algorithm, Find($"{beginning}{key}", algorithm)));
        return found.Actor;
    }

    private ILimitGrain Find(string key, Algorithm algorithm) => algorithm switch
    {
        Algorithm.TokenBucket => grains.GetGrain<ITokenBucketGrain>(key),
        Algorithm.Gcra => grains.GetGrain<IGcraGrain>(key),
        Algorithm.FixedWindow => grains.GetGrain<IFixedWindowGrain>(key),
        Algorithm.SlidingWindowCounter => grains.GetGrain<ISlidingWindowCounterGrain>(key),
        Algorithm.SlidingWindowLog => grains.GetGrain<ISlidingWindowLogGrain>(key),
        Algorithm.LeakyBucket => grains.GetGrain<ILeakyBucketGrain>(key),
        Algorithm.Concurrency => grains.GetGrain<IConcurrencyGrain>(key),
        _ => throw new NotSupportedException($"There is no actor for {algorithm}."),
    };

    private sealed class Reference(SubjectKey key, Algorithm algorithm, ILimitGrain actor)
    {
        public SubjectKey Key { get; } = key;

        public Algorithm Algorithm { get; } = algorithm;

        public ILimitGrain Actor { get; } = actor;
    }
}
