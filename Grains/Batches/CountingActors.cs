namespace OrleansLimiter.Grains.Batches;

/// <summary>
/// The actors of this silo that count a key, so that what came in a batch finds them without a message. Each has one of a fixed number of
/// places, by its name's hash; of two that share a place the one that was asked last has it, and the other is sent messages. Holds no actor
/// that has left memory. Safe for many threads; takes no lock.
/// </summary>
internal sealed class CountingActors
{
    /// <summary>How many places there are: 2 MB.</summary>
    public const int Places = 1 << 18;

    private readonly LimitGrain?[] _places = new LimitGrain?[Places];

    /// <summary>The place of an actor.</summary>
    /// <param name="kind">Which of the key's.</param>
    /// <param name="name">The key, in UTF-8.</param>
    public static int PlaceOf(ActorKind kind, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.AddBytes(name);
        return (hash.ToHashCode() ^ (int)kind) & (Places - 1);
    }

    /// <summary>An actor that was asked, and counts.</summary>
    public void Note(LimitGrain actor, int place)
    {
        ref var at = ref _places[place];
        if (!ReferenceEquals(Volatile.Read(ref at), actor))
            Volatile.Write(ref at, actor);
    }

    /// <summary>An actor that counts no more.</summary>
    public void Remove(LimitGrain actor, int place) => Interlocked.CompareExchange(ref _places[place], null, actor);

    /// <summary>The actor, if it has its place.</summary>
    public LimitGrain? Find(ActorKind kind, ReadOnlySpan<byte> name) =>
        Volatile.Read(ref _places[PlaceOf(kind, name)]) is { } actor && actor.Is(kind, name) ? actor : null;
}
