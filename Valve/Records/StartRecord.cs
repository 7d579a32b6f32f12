using System.Buffers.Binary;

namespace OrleansLimiter.Valve.Records;

/// <summary>A seed as a record's numbers: user, A and B are its four quarters, big-endian.</summary>
internal static class StartRecord
{
    private const int Quarter = sizeof(ulong);

    /// <summary>What a valve's first record is.</summary>
    internal static ValveRecordKind KindOf(bool isBound) => isBound ? ValveRecordKind.StartedBound : ValveRecordKind.Started;

    /// <summary>Whether a record is a valve's first.</summary>
    internal static bool Is(ValveRecordKind kind) => kind is ValveRecordKind.Started or ValveRecordKind.StartedBound;

    internal static UserId UserOf(DrawSeed seed) => new((ulong)QuarterOf(seed, 0), (ulong)QuarterOf(seed, 1));

    internal static long AOf(DrawSeed seed) => QuarterOf(seed, 2);

    internal static long BOf(DrawSeed seed) => QuarterOf(seed, 3);

    /// <summary>The same record with a seed.</summary>
    /// <param name="record">A valve's first record.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>The record.</returns>
    public static ValveRecord With(in ValveRecord record, DrawSeed seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        return record with { User = UserOf(seed), A = AOf(seed), B = BOf(seed) };
    }

    /// <summary>The seed that a record holds.</summary>
    /// <param name="record">A valve's first record.</param>
    /// <returns>The seed.</returns>
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
