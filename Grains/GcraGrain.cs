using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>gcra</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.Gcra)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class GcraGrain(SiloParts silo) : LimitGrain(silo, ActorKind.Gcra), IGcraGrain;
