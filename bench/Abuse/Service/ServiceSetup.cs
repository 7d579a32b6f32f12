namespace OrleansLimiter.AbuseBench.Service;

/// <summary>How an attacked service is started.</summary>
internal sealed record ServiceSetup
{
    /// <summary>How many front ends. Default 1; the memory engine takes no more.</summary>
    public int FrontEnds { get; init; } = 1;

    /// <summary>How many descriptors each front end may have (<c>ulimit -n</c>); null: as many as this program.</summary>
    public int? Descriptors { get; init; }

    /// <summary>Variables beside, or in place of, those that every service here gets.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
