using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>tokenBucket</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.TokenBucket)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class TokenBucketGrain(SiloParts silo) : LimitGrain(silo, ActorKind.TokenBucket), ITokenBucketGrain;
