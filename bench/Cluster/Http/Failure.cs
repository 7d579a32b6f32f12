namespace OrleansLimiter.ClusterBench.Http;

/// <summary>Why a request has no HTTP answer.</summary>
internal enum Failure : byte
{
    /// <summary>It has one.</summary>
    None,

    /// <summary>The connection could not be made.</summary>
    NotConnected,

    /// <summary>The connection broke while the request was sent or its answer awaited.</summary>
    Reset,

    /// <summary>The other side closed the connection before the whole answer was there.</summary>
    Closed,

    /// <summary>No answer within the time limit, on a connection.</summary>
    TimedOut,

    /// <summary>No connection came free within the time limit.</summary>
    NeverSent,

    /// <summary>What came is not HTTP/1.1 as RFC 9112 has it.</summary>
    Malformed,
}
