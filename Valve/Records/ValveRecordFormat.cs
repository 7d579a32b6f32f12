using System.Buffers.Binary;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve.Records;

/// <summary>
/// A record in bytes: the kind in one; number, instant, place, A and B each in seven bits a byte, the lowest first, the eighth bit saying
/// that more follow; the user in 16 bytes, big-endian, if the kind names one. A joined place takes some 31 bytes.
/// </summary>
internal static class ValveRecordFormat
{
    /// <summary>The most bytes that a record takes.</summary>
    public const int MaxBytes = 1 + (5 * LongestNumber) + UserBytes;

    private const int LongestNumber = 10;
    private const int UserBytes = 16;
    private const int BitsPerByte = 7;

    /// <summary>Writes a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="bytes">Where to; at least <see cref="MaxBytes"/>.</param>
    /// <returns>How many bytes it took.</returns>
    public static int Write(in ValveRecord record, Span<byte> bytes)
    {
        bytes[0] = (byte)record.Kind;
        var length = 1;
        foreach (var number in (ReadOnlySpan<long>)[record.Number, record.At.Microseconds, record.Place, record.A, record.B])
            length += WriteNumber((ulong)number, bytes[length..]);
        if (!HasUser(record.Kind))
            return length;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[length..], record.User.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(length + sizeof(ulong))..], record.User.Low);
        return length + UserBytes;
    }

    /// <summary>Reads the record that bytes begin with.</summary>
    /// <param name="bytes">The bytes; moved on behind the record if there is one.</param>
    /// <param name="record">The record.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out ValveRecord record)
    {
        record = default;
        if (bytes.IsEmpty || !Enum.IsDefined((ValveRecordKind)bytes[0]))
            return false;
        var kind = (ValveRecordKind)bytes[0];
        var rest = bytes[1..];
        Span<long> numbers = stackalloc long[5];
        foreach (ref var number in numbers)
        {
            if (!TryReadNumber(ref rest, out number))
                return false;
        }

        var user = default(UserId);
        if (HasUser(kind))
        {
            if (rest.Length < UserBytes)
                return false;
            user = new UserId(BinaryPrimitives.ReadUInt64BigEndian(rest), BinaryPrimitives.ReadUInt64BigEndian(rest[sizeof(ulong)..]));
            rest = rest[UserBytes..];
        }

        record = new ValveRecord(numbers[0], kind, new Instant(numbers[1]), numbers[2], user, numbers[3], numbers[4]);
        bytes = rest;
        return true;
    }

    private static bool HasUser(ValveRecordKind kind) =>
        kind is ValveRecordKind.Started or ValveRecordKind.StartedBound or ValveRecordKind.Joined or ValveRecordKind.Standing
            or ValveRecordKind.InCheckout;

    private static int WriteNumber(ulong number, Span<byte> bytes)
    {
        var length = 0;
        for (; number >= 1 << BitsPerByte; number >>= BitsPerByte)
            bytes[length++] = (byte)(number | 1 << BitsPerByte);
        bytes[length++] = (byte)number;
        return length;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<byte> bytes, out long number)
    {
        var bits = 0UL;
        for (var length = 0; length < Math.Min(bytes.Length, LongestNumber); length++)
        {
            bits |= (bytes[length] & 0x7FUL) << (length * BitsPerByte);
            if (bytes[length] >> BitsPerByte != 0)
                continue;
            number = (long)bits;
            bytes = bytes[(length + 1)..];
            return true;
        }

        number = 0;
        return false;
    }
}
