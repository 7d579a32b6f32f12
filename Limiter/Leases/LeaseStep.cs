using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Leases;

/// <summary>What a front end is to send to a key's owner, and nobody waits for.</summary>
/// <param name="Call">A lease to ask for.</param>
/// <param name="First">A lease to send back.</param>
/// <param name="Second">Another one.</param>
internal readonly record struct LeaseStep(LeaseCall? Call, LeaseReturn? First, LeaseReturn? Second)
{
    /// <summary>The lease whose permits decided the request; none where they did not.</summary>
    public LeaseId SpentFrom { get; init; }

    /// <summary>Whether there is nothing to send.</summary>
    public bool IsEmpty => Call is null && First is null && Second is null;

    /// <summary>The step with one more lease to send back. No front end holds more than two of a key.</summary>
    public LeaseStep And(LeaseReturn? one) => First is null ? this with { First = one } : this with { Second = one };
}
