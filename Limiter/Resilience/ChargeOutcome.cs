namespace OrleansLimiter.Resilience;

/// <summary>What became of a charge for what was decided locally.</summary>
internal enum ChargeOutcome
{
    Sent,

    /// <summary>No reply came; it is sent again under the same request id.</summary>
    Retried,

    /// <summary>
    /// It was given up: no reply for as long as the engine remembers request ids, no room to remember it, or a key that cannot be charged
    /// any more.
    /// </summary>
    Lost,

    /// <summary>There was nothing left to charge: the key was whole again.</summary>
    Whole,
}
