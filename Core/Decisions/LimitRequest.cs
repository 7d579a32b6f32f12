using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Decisions;

/// <summary>One request to an engine.</summary>
/// <param name="Key">The counter.</param>
/// <param name="Spec">The rules, as the caller knows them.</param>
/// <param name="Operation">What is asked.</param>
/// <param name="Permits">How many permits; not used by release, renew and reset.</param>
/// <param name="Id">The caller's name for the request; none: it is not remembered.</param>
/// <param name="Lease">
/// For <see cref="Decisions.Operation.Release"/> and <see cref="Decisions.Operation.Renew"/>: the place. For an acquire under concurrency:
/// the name that a new place gets, so that whoever never hears the answer can give the place back; none: the engine makes one. For an
/// acquire without an id under leakyBucket: the name by which its turn can be withdrawn; none: it cannot. Never a name that was used
/// before. For <see cref="Decisions.Operation.Lease"/>: the new lease's name; for <see cref="Decisions.Operation.Return"/>: the lease.
/// </param>
public readonly record struct LimitRequest(
    SubjectKey Key,
    LimitSpec Spec,
    Operation Operation,
    Permits Permits,
    RequestId Id = default,
    LeaseId Lease = default);
