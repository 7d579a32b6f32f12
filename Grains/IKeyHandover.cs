using Orleans.Concurrency;

namespace OrleansLimiter.Grains;

/// <summary>
/// How the actors of one key pass on what it has used. Called among silos alone, and only of actors that have this. Both interleave with
/// a turn of the actor that waits, as one does that asks another actor: two that ask each other would wait for ever.
/// </summary>
[Alias("ol.IKeyHandover")]
internal interface IKeyHandover : IGrainWithStringKey
{
    /// <summary>
    /// Gives what the key has used to another of its actors, which counts from then on. What was given is kept until the other says that
    /// it has it.
    /// </summary>
    /// <param name="to">The number of the <see cref="ActorKind"/> that asks.</param>
    /// <param name="cancellationToken">How long that one waits.</param>
    /// <returns>The state, or a record without a spec if this actor has none.</returns>
    [Alias("Give"), AlwaysInterleave]
    ValueTask<StoredKey> GiveAsync(byte to, CancellationToken cancellationToken);

    /// <summary>What was given has arrived.</summary>
    [Alias("Taken"), AlwaysInterleave]
    ValueTask TakenAsync(CancellationToken cancellationToken);
}
