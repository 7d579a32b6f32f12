namespace OrleansLimiter;

/// <summary>What a policy does when the engine cannot decide.</summary>
public enum OnUnavailable
{
    /// <summary>
    /// This process's own share of the limit decides where a remote engine is away (source <c>local</c>). Where there is no room for the
    /// key it is as under <see cref="Deny"/>. The default.
    /// </summary>
    Local,

    /// <summary>The request goes on, uncounted.</summary>
    Allow,

    /// <summary>The request is not admitted; over HTTP it is answered 503.</summary>
    Deny,
}
