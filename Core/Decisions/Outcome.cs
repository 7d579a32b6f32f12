namespace OrleansLimiter.Core.Decisions;

/// <summary>How a decision came out.</summary>
public enum Outcome : byte
{
    /// <summary>The request may go on.</summary>
    Admitted,

    /// <summary>Not now: the permits are not there. The decision says when they will be.</summary>
    Limited,

    /// <summary>Never: the cost is above the capacity of a bandwidth.</summary>
    CostAboveCapacity,

    /// <summary>
    /// The lease to release, to renew or to return is not known, or has expired; or a key cannot lend now. Nothing changed.
    /// </summary>
    UnknownLease,
}
