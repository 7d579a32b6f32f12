using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>
/// A key about which not all agree: callers name its policy with different algorithms, as while that is changed, or some silos are of a
/// build that has this actor alone. It is also the one that front ends of such a build ask, and hands their calls on where it need not
/// count itself.
/// </summary>
[RandomPlacement]
[GrainType(ActorTypes.Common)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class CommonLimitGrain(SiloParts silo)
    : LimitGrain(silo, ActorKind.Common),
        ITokenBucketGrain,
        IGcraGrain,
        IFixedWindowGrain,
        ISlidingWindowCounterGrain,
        ISlidingWindowLogGrain,
        ILeakyBucketGrain,
        IConcurrencyGrain;
