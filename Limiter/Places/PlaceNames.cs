using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter.Places;

/// <summary>Names for places of concurrency limits and turns of leaky buckets, given by who asks for them.</summary>
internal static class PlaceNames
{
    private const int Bytes = 16;

    /// <summary>
    /// The name for a place that is asked for by a caller who renews it (<see cref="Core.Decisions.Operation.Renew"/>) once whoever it is
    /// for has heard of it: until then it is held for <see cref="LeaseId.ProvisionalLife"/> at most.
    /// </summary>
    /// <param name="handle">Under which limit.</param>
    /// <returns>The name; none where the limit gives out no places, or holds none for longer anyway.</returns>
    public static LeaseId ProvisionalFor(LimitHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var spec = handle.Spec;
        return spec.Algorithm == Algorithm.Concurrency && spec.Bandwidths[0].Window > LeaseId.ProvisionalLife
            ? LeaseId.Provisional(RandomBits())
            : LeaseId.None;
    }

    /// <summary>
    /// The name for what a caller is given who gives it back when it goes away: a place that is renewed (<see cref="ProvisionalFor"/>), or
    /// a turn that is withdrawn (<see cref="LimitService.WithdrawAsync"/>) unless it has come.
    /// </summary>
    /// <param name="handle">Under which limit.</param>
    /// <returns>The name; none where the limit gives out neither.</returns>
    public static LeaseId ForWhoeverWaits(LimitHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return handle.Spec.Algorithm == Algorithm.LeakyBucket ? New() : ProvisionalFor(handle);
    }

    /// <summary>A name that nobody can guess.</summary>
    internal static LeaseId New() => new(RandomBits());

    private static UInt128 RandomBits()
    {
        Span<byte> bits = stackalloc byte[Bytes];
        RandomNumberGenerator.Fill(bits);
        return BinaryPrimitives.ReadUInt128LittleEndian(bits);
    }
}
