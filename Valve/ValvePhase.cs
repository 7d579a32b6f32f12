namespace OrleansLimiter.Valve;

/// <summary>Where a sale's valve stands.</summary>
internal enum ValvePhase : byte
{
    Scheduled,

    /// <summary>People come; whoever is there at the opening is drawn.</summary>
    PreQueue,

    /// <summary>People are admitted, in the order of the line.</summary>
    Open,

    /// <summary>The operator holds the line: people come, wait and keep their places, and nobody is admitted.</summary>
    Paused,

    /// <summary>Nothing is left to buy: nobody comes and nobody is admitted. Places stay, in case something comes back.</summary>
    SoldOut,

    /// <summary>The sale is over, for good. There are no places any more.</summary>
    Closed,
}
