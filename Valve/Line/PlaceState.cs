namespace OrleansLimiter.Valve.Line;

/// <summary>What becomes of a place. What is told to its owner follows what is stored, one step behind.</summary>
internal enum PlaceState : byte
{
    Free,

    /// <summary>Joined, and not stored yet.</summary>
    Joining,

    /// <summary>In the pre-queue or in the line.</summary>
    Waiting,

    /// <summary>Admitted, and that is not stored yet: its owner is still told to wait.</summary>
    Admitting,

    Admitted,

    /// <summary>Ended, and that is not stored yet: those behind are still told a position that counts it.</summary>
    Gone,
}
