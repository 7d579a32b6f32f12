namespace OrleansLimiter.Grains.Batches;

/// <summary>
/// The actors of this silo that count a key, so that what came in a batch finds them without a message. Each has one of a fixed number of
/// places, by its name's hash; of two that share a place the one that was asked last has it, and the other is sent messages. Holds no actor
/// that has left memory. Safe for many threads; takes no lock.
/// </summary>
internal sealed class CountingActors
{
    /// <summary>How many places there are: 8 MB where all are used, and keys 2 GB.</summary>
    public const int Places = 1 << 20;

    private readonly CountingActor?[] _places = new CountingActor?[Places];

    /// <summary>An actor was asked, and counts.</summary>
    public void Note(CountingActor actor)
    {
        ref var at = ref _places[actor.Place];
        if (!ReferenceEquals(Volatile.Read(ref at), actor))
            Volatile.Write(ref at, actor);
    }

    /// <summary>An actor counts no more.</summary>
    public void Remove(CountingActor actor) => Interlocked.CompareExchange(ref _places[actor.Place], null, actor);

    /// <summary>Who has the place of an actor: mostly that one. Its own turn finds out (<see cref="LimitGrain.TryDecide"/>).</summary>
    public CountingActor? At(ActorKind kind, ReadOnlySpan<byte> name) => Volatile.Read(ref _places[CountingActor.PlaceOf(kind, name)]);
}
