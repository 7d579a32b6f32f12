using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>slidingWindowCounter</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.SlidingWindowCounter)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class SlidingWindowCounterGrain(SiloParts silo)
    : LimitGrain(silo, ActorKind.SlidingWindowCounter), ISlidingWindowCounterGrain;
