using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Engines.Redis;

/// <summary>The lease that a request takes along to the script.</summary>
internal static class RequestLease
{
    /// <summary>
    /// The one to release, to renew, to lend or to return; where a place may be given out, the name that the caller gave it, else one that
    /// nobody can guess; where a turn may be, the name that the caller gave it.
    /// </summary>
    public static LeaseId For(in LimitRequest request, LimitSpec spec)
    {
        if (request.Operation is Operation.Release or Operation.Renew or Operation.Lease or Operation.Return)
            return request.Lease;
        if (spec.Algorithm == Algorithm.LeakyBucket && request.Operation <= Operation.AcquireUpTo && request.Id.IsNone)
            return request.Lease;
        if (spec.Algorithm != Algorithm.Concurrency || request.Operation > Operation.AcquireUpTo)
            return LeaseId.None;
        return request.Lease.IsNone ? NewLease.Draw() : request.Lease;
    }
}
