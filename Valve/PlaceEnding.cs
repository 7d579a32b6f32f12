namespace OrleansLimiter.Valve;

internal enum PlaceEnding : byte
{
    /// <summary>Given up by its owner, in the line or when admitted.</summary>
    Left,

    /// <summary>Its owner did not poll in time.</summary>
    Died,

    /// <summary>The admission was not used in time.</summary>
    NoShow,

    /// <summary>The purchase used the admission.</summary>
    Completed,

    /// <summary>The purchase ended without using the admission up, and will not be tried again.</summary>
    Abandoned,
}
