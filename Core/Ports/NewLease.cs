using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Ports;

/// <summary>Names for the places that concurrency limits give out, which nobody can guess: engines draw one before they decide.</summary>
internal static class NewLease
{
    private const int Bytes = 16;

    /// <summary>A name, where the key's own spec or the caller's may need one; none otherwise.</summary>
    /// <param name="key">The spec that the key is under.</param>
    /// <param name="caller">The spec that the caller names: the newer of both decides.</param>
    public static LeaseId For(LimitSpec key, LimitSpec caller) =>
        key.Algorithm == Algorithm.Concurrency || caller.Algorithm == Algorithm.Concurrency ? Draw() : LeaseId.None;

    public static LeaseId Draw()
    {
        Span<byte> bits = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bits);
        return new LeaseId(BinaryPrimitives.ReadUInt128LittleEndian(bits));
    }
}
