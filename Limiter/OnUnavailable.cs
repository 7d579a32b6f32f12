namespace OrleansLimiter;

/// <summary>What a policy does when the engine cannot decide.</summary>
public enum OnUnavailable
{
    /// <summary>A local budget decides where a remote engine is away. A full key table has no local budget: 503.</summary>
    Local,

    /// <summary>The request goes on, uncounted.</summary>
    Allow,

    /// <summary>The request is answered 503.</summary>
    Deny,
}
