using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis;

/// <summary>Names for the places and turns that limits give out.</summary>
internal static class NewLease
{
    private const int Bytes = 16;

    /// <summary>
    /// The lease that goes with a request: the one to release or to renew; where a place may be given out, the name that the caller gave
    /// it, else one that nobody can guess; where a turn may be, the
    /// name that the caller gave it.
    /// </summary>
    public static LeaseId For(in LimitRequest request, LimitSpec spec)
    {
        if (request.Operation is Operation.Release or Operation.Renew)
            return request.Lease;
        if (spec.Algorithm == Algorithm.LeakyBucket && request.Operation <= Operation.AcquireUpTo && request.Id.IsNone)
            return request.Lease;
        if (spec.Algorithm != Algorithm.Concurrency || request.Operation > Operation.AcquireUpTo)
            return LeaseId.None;
        if (!request.Lease.IsNone)
            return request.Lease;
        Span<byte> bits = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bits);
        return new LeaseId(BinaryPrimitives.ReadUInt128LittleEndian(bits));
    }
}
