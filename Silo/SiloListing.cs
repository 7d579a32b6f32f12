namespace OrleansLimiter.Silo;

/// <summary>What a look at the list of silos (Orleans' membership table) says of one silo.</summary>
internal enum SiloListing
{
    /// <summary>Nothing: the list's server did not answer, or refused.</summary>
    Unknown,

    /// <summary>The list is as the silo left it, or newer.</summary>
    Listed,

    /// <summary>The server answered, and this is not the list that the silo is in.</summary>
    Lost,

    /// <summary>
    /// The list is as the silo left it, or newer, and says that the silo is dead: the others did not hear of it for a while.
    /// </summary>
    VotedOut,
}
