namespace OrleansLimiter.Grains;

/// <summary>How saving a key came out.</summary>
internal enum SaveResult
{
    Saved,

    /// <summary>Another activation stored the key in between; what it stored has been read.</summary>
    Conflict,

    /// <summary>Storage could not be used. The key still needs saving.</summary>
    Failed,
}
