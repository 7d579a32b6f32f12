using OrleansLimiter.Core.Algorithms;

namespace OrleansLimiter.Grains;

/// <summary>
/// The names of the actors' types: the first part of an actor's name in the cluster and in logs. They never change, and none is longer
/// than <see cref="Common"/>: every call and every reply carries one.
/// </summary>
internal static class ActorTypes
{
    /// <summary>
    /// The actor that counts a key while its callers, or the builds of the silos, do not agree on an algorithm's own actor; the only one
    /// that builds before this one have. Snapshots of all actors of a key are stored under its name.
    /// </summary>
    public const string Common = "ol.limit";

    /// <summary>The actor of a <c>tokenBucket</c>.</summary>
    public const string TokenBucket = "ol.token";

    /// <summary>The actor of a <c>gcra</c>.</summary>
    public const string Gcra = "ol.gcra";

    /// <summary>The actor of a <c>fixedWindow</c>.</summary>
    public const string FixedWindow = "ol.fixed";

    /// <summary>The actor of a <c>slidingWindowCounter</c>.</summary>
    public const string SlidingWindowCounter = "ol.slide";

    /// <summary>The actor of a <c>slidingWindowLog</c>.</summary>
    public const string SlidingWindowLog = "ol.log";

    /// <summary>The actor of a <c>leakyBucket</c>.</summary>
    public const string LeakyBucket = "ol.leaky";

    /// <summary>The actor of a <c>concurrency</c> limit.</summary>
    public const string Concurrency = "ol.place";

    /// <summary>The name of an algorithm's own actor.</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <returns>The name of its type.</returns>
    /// <exception cref="NotSupportedException">There is no such actor.</exception>
    public static string Of(Algorithm algorithm) => algorithm switch
    {
        Algorithm.TokenBucket => TokenBucket,
        Algorithm.Gcra => Gcra,
        Algorithm.FixedWindow => FixedWindow,
        Algorithm.SlidingWindowCounter => SlidingWindowCounter,
        Algorithm.SlidingWindowLog => SlidingWindowLog,
        Algorithm.LeakyBucket => LeakyBucket,
        Algorithm.Concurrency => Concurrency,
        _ => throw new NotSupportedException($"There is no actor for {algorithm}."),
    };
}
