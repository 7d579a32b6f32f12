using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>concurrency</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.Concurrency)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class ConcurrencyGrain(SiloParts silo) : LimitGrain(silo, ActorKind.Concurrency), IConcurrencyGrain;
