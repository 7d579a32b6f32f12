namespace OrleansLimiter.Valve;

/// <summary>What came of ending a place.</summary>
internal enum PlaceEnded : byte
{
    /// <summary>There was none to end: no place, another admission, or one that ended before. Nothing changed.</summary>
    NotHeld,

    /// <summary>It ended; what it held is free again.</summary>
    Ended,

    /// <summary>
    /// It has an admission, which may be in its owner's hands: nothing changed. An admission ends by its name, once nothing can be bought
    /// with it any more.
    /// </summary>
    Admitted,
}
