using System.Buffers.Binary;
using System.Text;

namespace OrleansLimiter.Grains;

/// <summary>
/// How requests and replies stand one behind the other in a batch. Part of the wire contract; all numbers are little-endian.
/// </summary>
/// <remarks>
/// A request: the spec's place in the batch's specs (1 byte); the operation's number (1); flags (1): 1 for the algorithm's own actor and
/// not the common one, 2 for a request id, 4 for a lease; permits (8); the length of the actor's name (2) and the name in UTF-8; with a
/// request id its length (1) and its characters; with a lease its lower and its upper half (8 each).
/// <para>
/// A reply: the request's place in the batch (1); kind, outcome and tightest bandwidth (1 each); which numbers follow (2, a bit for each,
/// from the lowest: remaining, limit, charged, retry, reset, next, delay, lower and upper half of the lease, the silo, the newer spec);
/// those numbers (8 each, but 4 for the silo, and 1 for the spec's place in the reply's specs). What does not follow is 0.
/// </para>
/// </remarks>
internal static class LimitBatchFormat
{
    /// <summary>The most requests in a batch.</summary>
    public const int MostCalls = 64;

    /// <summary>The longest request: an actor's name is at most 386 bytes, a request id 64.</summary>
    public const int MostCallBytes = 512;

    /// <summary>Where in a request the actor's name begins.</summary>
    public const int NameOffset = 13;

    /// <summary>The longest reply.</summary>
    public const int MostReplyBytes = 1 + 3 + 2 + (Longs * 8) + 4 + 1;

    private const int Longs = 9;
    private const int SiloBit = 1 << Longs;
    private const int SpecBit = 1 << (Longs + 1);

    private const byte NamedFlag = 1;
    private const byte IdFlag = 2;
    private const byte LeaseFlag = 4;

    /// <summary>Writes a request.</summary>
    /// <param name="to">Where: at least <see cref="MostCallBytes"/>.</param>
    /// <param name="spec">The spec's place in the batch's.</param>
    /// <param name="isNamed">Whether the algorithm's own actor is asked, and not the common one.</param>
    /// <param name="name">The actor's name, in UTF-8.</param>
    /// <param name="call">The request.</param>
    /// <returns>How many bytes.</returns>
    public static int Write(Span<byte> to, int spec, bool isNamed, ReadOnlySpan<byte> name, in LimitCallMessage call)
    {
        var hasLease = (call.LeaseLow | call.LeaseHigh) != 0;
        to[0] = (byte)spec;
        to[1] = call.Operation;
        to[2] = (byte)((isNamed ? NamedFlag : 0) | (call.RequestId is null ? 0 : IdFlag) | (hasLease ? LeaseFlag : 0));
        BinaryPrimitives.WriteInt64LittleEndian(to[3..], call.Permits);
        BinaryPrimitives.WriteUInt16LittleEndian(to[11..], (ushort)name.Length);
        name.CopyTo(to[NameOffset..]);
        var length = NameOffset + name.Length;
        if (call.RequestId is { } id)
        {
            to[length] = (byte)Encoding.UTF8.GetBytes(id, to[(length + 1)..]);
            length += 1 + to[length];
        }

        if (!hasLease)
            return length;
        BinaryPrimitives.WriteUInt64LittleEndian(to[length..], call.LeaseLow);
        BinaryPrimitives.WriteUInt64LittleEndian(to[(length + 8)..], call.LeaseHigh);
        return length + 16;
    }

    /// <summary>Reads a request, and moves on to the next.</summary>
    /// <param name="from">What is left of the batch's.</param>
    /// <param name="specs">The batch's specs.</param>
    /// <param name="isNamed">Whether the algorithm's own actor is asked.</param>
    /// <param name="name">The actor's name, in UTF-8.</param>
    /// <param name="call">The request.</param>
    /// <exception cref="ArgumentException">It ends too early, or names a spec that is not there.</exception>
    public static void Read(
        ref ReadOnlySpan<byte> from,
        ReadOnlySpan<LimitSpecMessage> specs,
        out bool isNamed,
        out ReadOnlySpan<byte> name,
        out LimitCallMessage call)
    {
        var head = Take(ref from, NameOffset);
        if (head[0] >= specs.Length)
            throw new ArgumentException("A request names a spec that its batch does not have.", nameof(from));
        var flags = head[2];
        isNamed = (flags & NamedFlag) != 0;
        name = Take(ref from, BinaryPrimitives.ReadUInt16LittleEndian(head[11..]));
        var id = (flags & IdFlag) == 0 ? null : Encoding.UTF8.GetString(Take(ref from, Take(ref from, 1)[0]));
        var lease = (flags & LeaseFlag) == 0 ? default : Take(ref from, 16);
        call = new LimitCallMessage(
            specs[head[0]],
            head[1],
            BinaryPrimitives.ReadInt64LittleEndian(head[3..]),
            id,
            lease.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(lease[8..]),
            lease.IsEmpty ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(lease));
    }

    /// <summary>Writes a reply.</summary>
    /// <param name="to">Where: at least <see cref="MostReplyBytes"/>.</param>
    /// <param name="place">The request's place in the batch.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="silo">The silo that is told of: 0 where it is the one that took the batch.</param>
    /// <param name="newerSpec">Its newer spec's place in the reply's specs; not used where it has none.</param>
    /// <returns>How many bytes.</returns>
    public static int Write(Span<byte> to, int place, in LimitReplyMessage reply, uint silo, int newerSpec)
    {
        to[0] = (byte)place;
        to[1] = reply.Kind;
        to[2] = reply.Outcome;
        to[3] = reply.Tightest;
        var (length, mask) = (6, 0);
        Put(to, 0, reply.Remaining, ref length, ref mask);
        Put(to, 1, reply.Limit, ref length, ref mask);
        Put(to, 2, reply.Charged, ref length, ref mask);
        Put(to, 3, reply.RetryAfter, ref length, ref mask);
        Put(to, 4, reply.ResetAfter, ref length, ref mask);
        Put(to, 5, reply.NextAfter, ref length, ref mask);
        Put(to, 6, reply.Delay, ref length, ref mask);
        Put(to, 7, (long)reply.LeaseLow, ref length, ref mask);
        Put(to, 8, (long)reply.LeaseHigh, ref length, ref mask);
        if (silo != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(to[length..], silo);
            length += 4;
            mask |= SiloBit;
        }

        if (reply.NewerSpec is not null)
        {
            to[length++] = (byte)newerSpec;
            mask |= SpecBit;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], (ushort)mask);
        return length;
    }

    /// <summary>Reads a reply, and moves on to the next.</summary>
    /// <param name="from">What is left of the replies.</param>
    /// <param name="newerSpecs">Their specs.</param>
    /// <param name="place">The request's place in the batch.</param>
    /// <param name="reply">The reply.</param>
    /// <exception cref="ArgumentException">It ends too early, or names a spec that is not there.</exception>
    public static void Read(
        ref ReadOnlySpan<byte> from, ReadOnlySpan<LimitSpecMessage> newerSpecs, out int place, out LimitReplyMessage reply)
    {
        var head = Take(ref from, 6);
        var mask = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);
        place = head[0];
        var (remaining, limit, charged) = (Get(ref from, mask, 0), Get(ref from, mask, 1), Get(ref from, mask, 2));
        var (retry, reset, next, delay) = (Get(ref from, mask, 3), Get(ref from, mask, 4), Get(ref from, mask, 5), Get(ref from, mask, 6));
        var (low, high) = (Get(ref from, mask, 7), Get(ref from, mask, 8));
        var silo = (mask & SiloBit) == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(Take(ref from, 4));
        LimitSpecMessage? newer = null;
        if ((mask & SpecBit) != 0)
        {
            var number = Take(ref from, 1)[0];
            newer = number < newerSpecs.Length
                ? newerSpecs[number]
                : throw new ArgumentException("A reply names a spec that does not come with it.", nameof(from));
        }

        reply = new LimitReplyMessage(
            head[1], head[2], head[3], remaining, limit, charged, retry, reset, next, delay, (ulong)high, (ulong)low, newer, silo);
    }

    private static void Put(Span<byte> to, int bit, long number, ref int length, ref int mask)
    {
        if (number == 0)
            return;
        BinaryPrimitives.WriteInt64LittleEndian(to[length..], number);
        length += 8;
        mask |= 1 << bit;
    }

    private static long Get(ref ReadOnlySpan<byte> from, int mask, int bit) =>
        (mask & (1 << bit)) == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(Take(ref from, 8));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> from, int length)
    {
        if (from.Length < length)
            throw new ArgumentException("A batch ends too early.", nameof(from));
        var taken = from[..length];
        from = from[length..];
        return taken;
    }
}
