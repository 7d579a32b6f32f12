using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;

namespace OrleansLimiter.OrleansBenchmarks;

/// <summary>
/// The keys that are asked for, as each side of the comparison starts from them: all that does not change from call to call is made before.
/// </summary>
internal sealed class Keys
{
    private static readonly KeyScope Scope = KeyScope.Of("tenant", "default");

    /// <summary>Makes the keys.</summary>
    /// <param name="grains">The cluster.</param>
    /// <param name="spec">Under which every one is asked.</param>
    /// <param name="count">How many.</param>
    public Keys(IGrainFactory grains, LimitSpec spec, int count)
    {
        Requests = [.. Enumerable.Range(0, count).Select(i => new LimitRequest(KeyOf(i), spec, Operation.Acquire, Permits.One))];
        Grains = [.. Requests
            .Select(request => GrainId.Create(ActorTypes.TokenBucket, request.Key.ToString()))
            .Select(grains.GetGrain<ITokenBucketGrain>)];
        Message = WireMap.ToMessage(Requests[0], new SpecCatalog());
    }

    /// <summary>The rate of the policy <c>default</c>, stored like it, with a burst that no run uses up: every call is admitted.</summary>
    public static LimitSpec Endless { get; } = LimitSpec.Of(
        Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(60), Bandwidth.MaxLimit));

    /// <summary>The policy <c>default</c>.</summary>
    public static LimitSpec Default { get; } = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(60)));

    /// <summary>For each key, what an engine is asked.</summary>
    public LimitRequest[] Requests { get; }

    /// <summary>For each key, its actor.</summary>
    public ITokenBucketGrain[] Grains { get; }

    /// <summary>What an actor is asked: the same for all.</summary>
    public LimitCallMessage Message { get; }

    /// <summary>A key with a subject of 20 bytes.</summary>
    public static SubjectKey KeyOf(int i) => SubjectKey.Of(Scope, string.Create(CultureInfo.InvariantCulture, $"user-{i:D15}"));
}
