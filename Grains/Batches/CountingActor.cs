namespace OrleansLimiter.Grains.Batches;

/// <summary>What is needed to have an actor decide: looked at without a look at the actor itself.</summary>
internal sealed class CountingActor(LimitGrain actor, ActorKind kind)
{
    public LimitGrain Actor { get; } = actor;

    /// <summary>Runs its turns, one at a time.</summary>
    public IWorkItemScheduler Turns { get; } = actor.GrainContext.Scheduler;

    public int Place { get; } = PlaceOf(kind, actor.GrainContext.GrainId.Key.AsSpan());

    /// <summary>The place of an actor.</summary>
    /// <param name="kind">Which of the key's.</param>
    /// <param name="name">The key, in UTF-8.</param>
    public static int PlaceOf(ActorKind kind, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        hash.AddBytes(name);
        return (hash.ToHashCode() ^ (int)kind) & (CountingActors.Places - 1);
    }
}
