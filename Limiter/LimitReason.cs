namespace OrleansLimiter;

/// <summary>
/// What became of a request to an <see cref="ILimiter"/>, before the policy's <see cref="OnUnavailable"/> and shadow have their say.
/// </summary>
public enum LimitReason
{
    /// <summary>The permits were there; a refund or a release was done.</summary>
    Granted,

    /// <summary>Not now: the permits are not there. <see cref="LimitResult.RetryAfter"/> says when they will be.</summary>
    Limited,

    /// <summary>Never: the cost is above the policy's capacity.</summary>
    CostAboveCapacity,

    /// <summary>Nobody could decide (<see cref="LimitResult.Fault"/>). Whether the request may go on is the policy's choice.</summary>
    Unavailable,

    /// <summary>The request id came again with another cost. Nothing was charged.</summary>
    RequestIdReused,

    /// <summary>The place to release is not known, or has ended. Nothing changed.</summary>
    UnknownPlace,

    /// <summary>
    /// The engine holds the key under a newer form of the policy, whose algorithm has no such operation. Nothing changed.
    /// </summary>
    PolicyChanged,
}
