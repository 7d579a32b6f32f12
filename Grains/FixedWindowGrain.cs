using Orleans.Placement;

namespace OrleansLimiter.Grains;

/// <summary>A key of a <c>fixedWindow</c> policy.</summary>
[RandomPlacement]
[GrainType(ActorTypes.FixedWindow)]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class FixedWindowGrain(SiloParts silo) : LimitGrain(silo, ActorKind.FixedWindow), IFixedWindowGrain;
