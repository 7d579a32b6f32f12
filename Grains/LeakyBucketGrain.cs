using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>leakyBucket</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.LeakyBucket)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class LeakyBucketGrain(SiloParts silo) : LimitGrain(silo, ActorKind.LeakyBucket), ILeakyBucketGrain;
