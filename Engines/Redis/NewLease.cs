using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis;

/// <summary>Names for the places that concurrency limits give out.</summary>
internal static class NewLease
{
    private const int Bytes = 16;

    /// <summary>The lease that goes with a request: the one to release, or a name that nobody can guess where a place may be given out.</summary>
    public static LeaseId For(in LimitRequest request, LimitSpec spec)
    {
        if (request.Operation == Operation.Release)
            return request.Lease;
        if (spec.Algorithm != Algorithm.Concurrency || request.Operation > Operation.AcquireUpTo)
            return LeaseId.None;
        Span<byte> bits = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bits);
        return new LeaseId(BinaryPrimitives.ReadUInt128LittleEndian(bits));
    }
}
