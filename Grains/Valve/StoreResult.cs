namespace OrleansLimiter.Grains.Valve;

/// <summary>How storing something of a valve came out.</summary>
internal enum StoreResult
{
    Stored,

    /// <summary>Whether it is stored is not known. The same is to be stored again.</summary>
    Failed,

    /// <summary>Another activation has stored in between, or nothing more can be stored: this one knows the valve no longer.</summary>
    Lost,
}
