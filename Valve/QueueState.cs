namespace OrleansLimiter.Valve;

/// <summary>How one person stands with a sale's valve.</summary>
internal enum QueueState : byte
{
    /// <summary>Has no place: never joined, left, or lost it.</summary>
    NoPlace,

    /// <summary>Has no place, and the pre-queue is not open yet.</summary>
    NotOpen,

    /// <summary>Has no place, and there is no room for one.</summary>
    LineFull,

    /// <summary>Joined; the place is promised once it is stored.</summary>
    Joining,

    /// <summary>Has a place, and waits for the draw.</summary>
    PreQueue,

    /// <summary>Has a place in the line.</summary>
    Waiting,

    Admitted,

    /// <summary>Nothing is left to buy. Whoever has a place keeps it by polling.</summary>
    SoldOut,

    Closed,
}
