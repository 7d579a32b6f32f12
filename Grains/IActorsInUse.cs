using Orleans.Services;

namespace OrleansLimiter.Grains;

/// <summary>What silos tell each other of the actors that count a policy's keys: one end in each silo.</summary>
[Alias("ol.IActorsInUse")]
internal interface IActorsInUse : IGrainService
{
    /// <summary>Tells which actors of a policy are in use in the asking silo, and is told which are in use here.</summary>
    /// <param name="policy">The policy's name, behind its application's and a colon where it has one.</param>
    /// <param name="silo">The silo that asks.</param>
    /// <param name="told">What it tells.</param>
    [Alias("Exchange")]
    Task<ActorsInUseMessage> ExchangeAsync(string policy, SiloAddress silo, ActorsInUseMessage told);
}

/// <summary>What one silo says of a policy's actors in it.</summary>
/// <param name="Number">Rises with each time that the silo says something of the policy: what arrives late is known by it.</param>
/// <param name="Kinds">The bits of an <see cref="ActorKinds"/>.</param>
[GenerateSerializer, Immutable, Alias("ol.ActorsInUse")]
internal readonly record struct ActorsInUseMessage([property: Id(0)] long Number, [property: Id(1)] int Kinds);
