using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>A place of a concurrency limit that is to be given back, because whoever asked for it, or gave it back, did not hear what came of that.</summary>
/// <param name="Key">The key.</param>
/// <param name="Spec">The spec that it was asked for under.</param>
/// <param name="Lease">The place.</param>
/// <param name="MayStillCome">Whether the acquire that gives it out may still be on its way: then that the engine does not know it is not the end.</param>
internal sealed record PlaceReturn(SubjectKey Key, LimitSpec Spec, LeaseId Lease, bool MayStillCome)
{
    /// <summary>How often it was tried.</summary>
    public int Tries { get; init; }

    /// <summary>Since when it waits, by the monotonic timer.</summary>
    public long Since { get; init; }

    /// <summary>Frees it.</summary>
    public LimitRequest ToRequest() => new(Key, Spec, Operation.Release, Permits.Zero, Lease: Lease);
}
