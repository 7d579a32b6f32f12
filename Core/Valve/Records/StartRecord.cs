using System.Buffers.Binary;

namespace OrleansLimiter.Core.Valve;

/// <summary>A seed as a record's numbers: user, A and B are its four quarters, big-endian.</summary>
internal static class StartRecord
{
    private const int Quarter = sizeof(ulong);

    public static UserId UserOf(DrawSeed seed) => new((ulong)QuarterOf(seed, 0), (ulong)QuarterOf(seed, 1));

    public static long AOf(DrawSeed seed) => QuarterOf(seed, 2);

    public static long BOf(DrawSeed seed) => QuarterOf(seed, 3);

    /// <summary>The seed that a record holds.</summary>
    public static DrawSeed SeedOf(in ValveRecord record)
    {
        Span<byte> bytes = stackalloc byte[DrawSeed.Bytes];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, record.User.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[Quarter..], record.User.Low);
        BinaryPrimitives.WriteInt64BigEndian(bytes[(2 * Quarter)..], record.A);
        BinaryPrimitives.WriteInt64BigEndian(bytes[(3 * Quarter)..], record.B);
        return new DrawSeed(bytes);
    }

    private static long QuarterOf(DrawSeed seed, int quarter) => BinaryPrimitives.ReadInt64BigEndian(seed.Span[(quarter * Quarter)..]);
}
