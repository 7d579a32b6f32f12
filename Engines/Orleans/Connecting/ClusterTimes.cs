namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>How soon silos and clients notice each other's coming and going. Orleans' own defaults take up to a minute.</summary>
internal static class ClusterTimes
{
    /// <summary>How often a client reads the list of gateways: new silos are used, and dead ones left, that soon.</summary>
    public static readonly TimeSpan GatewayRefresh = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How often a client asks what actors the silos have: after an update of all silos it goes on to the algorithms' own actors that soon.
    /// </summary>
    public static readonly TimeSpan TypesRefresh = TimeSpan.FromSeconds(5);

    /// <summary>What an answer is waited for at most where a caller brings no deadline of its own.</summary>
    public static readonly TimeSpan Response = TimeSpan.FromSeconds(2);

    /// <summary>From one attempt to join the cluster to the next.</summary>
    public static readonly TimeSpan JoinRetry = TimeSpan.FromMilliseconds(500);
}
