using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>Names for the places that concurrency limits give out.</summary>
internal static class NewLease
{
    private const int Bytes = 16;

    /// <summary>A name that nobody can guess, where the key's own spec or the caller's may need one; none otherwise.</summary>
    public static LeaseId For(LimitSpec key, LimitSpec caller)
    {
        if (key.Algorithm != Algorithm.Concurrency && caller.Algorithm != Algorithm.Concurrency)
            return LeaseId.None;
        Span<byte> bits = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bits);
        return new LeaseId(BinaryPrimitives.ReadUInt128LittleEndian(bits));
    }
}
