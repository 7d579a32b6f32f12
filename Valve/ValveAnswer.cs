using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve;

/// <summary>What a valve tells one person.</summary>
internal readonly record struct ValveAnswer
{
    public QueueState State { get; init; }

    public ValvePhase Phase { get; init; }

    /// <summary>The number of the person's place, by which the draw can be checked; 0 for none. Told once the place is stored.</summary>
    public long Place { get; init; }

    /// <summary>1 for the one whose turn is next. Null without a place in the line, and before the draw. It never grows.</summary>
    public int? Position { get; init; }

    /// <summary>
    /// The wait until the person's turn, as far as both caps let it be foreseen. Null where the position is, and while nobody is admitted.
    /// </summary>
    public Wait? Eta { get; init; }

    /// <summary>
    /// When to ask again: longer for those further back. A place dies after max(30 s, 3 times this) without being asked after.
    /// </summary>
    public Wait PollAfter { get; init; }

    /// <summary>Whether the person asked sooner than half the wait that the last answer told.</summary>
    public bool IsEarly { get; init; }

    /// <summary>The admission, where the state is <see cref="QueueState.Admitted"/>; else null.</summary>
    public Admission? Admission { get; init; }

    /// <summary>When the sale opens, or opened.</summary>
    public Instant OpensAt { get; init; }
}
