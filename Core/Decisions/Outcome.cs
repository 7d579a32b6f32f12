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

    /// <summary>The lease to release or to renew is not known, or has expired. Nothing changed.</summary>
    UnknownLease,
}
