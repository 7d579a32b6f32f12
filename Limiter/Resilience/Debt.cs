using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What was decided locally on one key since it was last charged at the engine. Owned by the ledger, changed under its lock.
/// </summary>
internal sealed class Debt(SubjectKey key)
{
    public SubjectKey Key { get; } = key;

    /// <summary>The policy's spec, as last asked for.</summary>
    public required LimitSpec Spec { get; set; }

    /// <summary>Permits taken locally less those given back locally, since the last charge; at least 0.</summary>
    public long Consumed { get; set; }

    /// <summary>Several bandwidths: the same, counted in each. Else null: the local engine tells.</summary>
    public BandwidthUse? Use { get; set; }

    /// <summary>When the last local decision was made, by the monotonic timer.</summary>
    public long LastLocalAt { get; set; }

    /// <summary>When the local key is whole if nothing else happens, by the last local decision.</summary>
    public Instant WholeAt { get; set; }

    /// <summary>A charge that was sent and whose reply did not come; null if there is none.</summary>
    public PendingCharge? Pending { get; set; }

    /// <summary>A charge under way: sent again, it is the same.</summary>
    /// <param name="Id">Its name.</param>
    /// <param name="Amount">How many permits it charges.</param>
    /// <param name="Covered">How much of <see cref="Consumed"/> it settles: what has run out since it was taken is forgiven.</param>
    /// <param name="SentAt">When it was first sent, by the monotonic timer.</param>
    internal sealed record PendingCharge(RequestId Id, Permits Amount, long Covered, long SentAt);
}
