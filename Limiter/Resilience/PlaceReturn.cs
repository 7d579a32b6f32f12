using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// A place of a concurrency limit that is to be given back, because whoever asked for it, or gave it back, did not hear what came of that;
/// or one that is to be renewed, because its caller has heard of it and the engine not of that.
/// </summary>
/// <param name="Key">The key.</param>
/// <param name="Spec">The spec that it was asked for under.</param>
/// <param name="Lease">The place.</param>
/// <param name="Unanswered">What was asked, and not answered: to give the place out, to free it or to renew it.</param>
internal sealed record PlaceReturn(SubjectKey Key, LimitSpec Spec, LeaseId Lease, Operation Unanswered)
{
    /// <summary>
    /// Whether the acquire that gives it out may still be on its way: then that the engine does not know it is not the end.
    /// </summary>
    public bool MayStillCome => Unanswered is not (Operation.Release or Operation.Renew);

    /// <summary>How long it matters while the engine is away: then the place is free by itself.</summary>
    public TimeSpan Matters =>
        Unanswered == Operation.Renew && LeaseId.ProvisionalLife < Spec.Bandwidths[0].Window
        ? LeaseId.ProvisionalLife
        : Spec.Bandwidths[0].Window;

    /// <summary>How often it was tried.</summary>
    public int Tries { get; init; }

    /// <summary>Since when it waits, by the monotonic timer.</summary>
    public long Since { get; init; }

    /// <summary>Frees it, or renews it.</summary>
    public LimitRequest ToRequest() =>
        new(Key, Spec, Unanswered == Operation.Renew ? Operation.Renew : Operation.Release, Permits.Zero, Lease: Lease);
}
