namespace OrleansLimiter.Valve.Records;

/// <summary>What a record says, and what its numbers mean. The values are stored: they never change.</summary>
internal enum ValveRecordKind : byte
{
    /// <summary>
    /// The valve was set up, by a build whose draws are not bound to who takes part. User, A and B are the seed's four parts.
    /// </summary>
    Started = 1,

    /// <summary>User has the place of number Place.</summary>
    Joined = 2,

    /// <summary>Whoever has a place was drawn.</summary>
    Drawn = 3,

    /// <summary>Place was admitted; A is when that expires.</summary>
    Admitted = 4,

    /// <summary>Place ended; A is how (<see cref="PlaceEnding"/>).</summary>
    Ended = 5,

    /// <summary>The caps are: A admissions per B microseconds, Place people in checkout.</summary>
    Rates = 6,

    /// <summary>The operator holds the line.</summary>
    Paused = 7,

    /// <summary>The operator lets it go on.</summary>
    Resumed = 8,

    /// <summary>Nothing is left to buy.</summary>
    SoldOut = 9,

    Closed = 10,

    /// <summary>The valve was set up. User, A and B are the seed's four parts, or 0 where the seed is stored beside, sealed.</summary>
    StartedBound = 11,

    /// <summary>Snapshots only: Place is the number of the next place; A is 1 if the draw has been.</summary>
    Head = 32,

    /// <summary>
    /// Snapshots only: the next admission may be at A, and B parts of a microsecond; an admission lasts Place microseconds on average.
    /// </summary>
    Pace = 33,

    /// <summary>Snapshots only: B things of the A-th kind of <see cref="ValveCounts"/> were done.</summary>
    Count = 34,

    /// <summary>Snapshots only: the places A to B took part in the draw.</summary>
    Drew = 35,

    /// <summary>Snapshots only: User has Place, and stands behind those before in the snapshot.</summary>
    Standing = 36,

    /// <summary>Snapshots only: User has Place, which is admitted until A.</summary>
    InCheckout = 37,
}
