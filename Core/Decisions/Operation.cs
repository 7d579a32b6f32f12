namespace OrleansLimiter.Core.Decisions;

/// <summary>What is asked of a key.</summary>
public enum Operation
{
    /// <summary>Charge the permits if every bandwidth admits them, else charge nothing. Zero permits is a peek.</summary>
    Acquire,

    /// <summary>Charge the most that every bandwidth admits, from 0 to the permits asked for, and say how many.</summary>
    AcquireUpTo,

    /// <summary>
    /// Whether <see cref="Acquire"/> would be admitted and, if not, when; nothing changes, so all else that is answered is what is there
    /// now.
    /// </summary>
    Peek,

    /// <summary>Give permits back; nobody ends with more than a fresh key has. Not for leakyBucket and concurrency.</summary>
    Refund,

    /// <summary>Charge without asking, at most what is there. Not for concurrency.</summary>
    Charge,

    /// <summary>
    /// Free the place that a lease names; under leakyBucket: withdraw the turn of that name, if it has not come. Those two only.
    /// </summary>
    Release,

    /// <summary>Forget the key.</summary>
    Reset,

    /// <summary>Hold the place that a lease names for its whole time to live from now on. Concurrency only.</summary>
    Renew,

    /// <summary>
    /// Charge up to the permits asked for, at most half of what every bandwidth would admit, and keep their place until they are returned
    /// or the lease of that name ends: whoever asked decides with them alone meanwhile. tokenBucket and gcra only.
    /// </summary>
    Lease,

    /// <summary>End the lease of that name, and give back so many of its permits that were not spent. tokenBucket and gcra only.</summary>
    Return,
}
