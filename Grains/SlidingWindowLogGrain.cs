using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>slidingWindowLog</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.SlidingWindowLog)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class SlidingWindowLogGrain(SiloParts silo) : LimitGrain(silo, ActorKind.SlidingWindowLog), ISlidingWindowLogGrain;
