using System.Buffers.Binary;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Engines.Redis.Valve;

/// <summary>
/// Computes the codes that decide a draw, since a script has no SHA-256 and must not know the seed. They follow from the seed and from who
/// takes part, which no call changes any more once codes are asked for: any engine may compute any of them, twice or after another gave up.
/// One a sale; one caller at a time.
/// </summary>
/// <param name="sale">The sale.</param>
/// <param name="seal">Opens its seed.</param>
internal sealed class DrawCodes(SaleId sale, SeedSeal seal)
{
    private const int UserLength = 16;
    private const int NumberLength = 6;
    private const int CodeLength = 32;
    private const int Asked = UserLength + NumberLength;
    private const int Answered = Asked + sizeof(double);
    private const int FirstByte = 1;
    private const int EndedAt = FirstByte + (2 * sizeof(double));
    private const int DroppedBits = 2;

    // The exponents that a score may have: from the smallest normal number up to 2.
    private const long Span = 1L << (64 - DroppedBits);
    private const long Smallest = 1L << 52;

    // The hash of who takes part is the same in each batch of a draw.
    private (long Last, int Ended, string PlacesHash) _known;

    /// <summary>Answers a reply that says which codes are missing: what <c>valveCodes.lua</c> is told.</summary>
    /// <exception cref="SealedSeedException">No key of this front end opens the seed.</exception>
    public byte[] For(ReadOnlySpan<byte> reply)
    {
        if (ValveReplyBytes.KindOf(reply) == ValveReplyKind.CodesMissing)
            return Told(new DrawSeed(reply.Slice(FirstByte, DrawSeed.Bytes)), null, reply[(FirstByte + DrawSeed.Bytes)..]);
        var last = (long)BinaryPrimitives.ReadDoubleLittleEndian(reply[FirstByte..]);
        var length = (int)BinaryPrimitives.ReadDoubleLittleEndian(reply[(FirstByte + sizeof(double))..]);
        var rest = reply[(EndedAt + length)..];
        var seed = Open(rest.Slice(1, rest[0]));
        if (_known.PlacesHash is null || (_known.Last, _known.Ended) != (last, length))
            _known = (last, length, Draw.HashOf(RunsBetween(reply.Slice(EndedAt, length), last)));
        return Told(seed, _known.PlacesHash, rest[(1 + rest[0])..]);
    }

    /// <summary>Opens the seed.</summary>
    /// <exception cref="SealedSeedException">No key of this front end opens it.</exception>
    public DrawSeed Open(ReadOnlySpan<byte> block) => seal.TryOpen(sale, block, out var seed) ? seed : throw new SealedSeedException();

    /// <summary>The places that took part: all up to a number, but for those that had ended.</summary>
    /// <param name="ended">Their numbers, 6 bytes each, in any order.</param>
    /// <param name="last">The last number given before the draw.</param>
    public static List<PlaceRun> RunsBetween(ReadOnlySpan<byte> ended, long last)
    {
        var gone = new long[ended.Length / NumberLength];
        for (var i = 0; i < gone.Length; i++)
            gone[i] = ValveReplyBytes.Short(ended[(i * NumberLength)..]);
        Array.Sort(gone);
        var runs = new List<PlaceRun>();
        var first = 1L;
        foreach (var number in gone.Append(last + 1))
        {
            if (number > first)
                runs.Add(new PlaceRun(first, number - 1));
            first = number + 1;
        }

        return runs;
    }

    /// <summary>
    /// A code as a score: in the order of the first 62 bits, and under 0. The bits of positive doubles, taken as integers, are in the
    /// doubles' own order, so they hold more than the 53 bits of a whole number. That two of 100,000 codes agree in all 62 happens once in
    /// a thousand million draws.
    /// </summary>
    internal static double ScoreOf(ReadOnlySpan<byte> code) =>
        -BitConverter.Int64BitsToDouble(Smallest + Span - (long)(BinaryPrimitives.ReadUInt64BigEndian(code) >> DroppedBits));

    private static byte[] Told(DrawSeed seed, string? placesHash, ReadOnlySpan<byte> asked)
    {
        var told = new byte[asked.Length / Asked * Answered];
        Span<byte> code = stackalloc byte[CodeLength];
        for (int from = 0, to = 0; from < asked.Length; from += Asked, to += Answered)
        {
            var place = asked.Slice(from, Asked);
            Draw.WriteCode(seed, ValveReplyBytes.Short(place[UserLength..]), placesHash, code);
            place.CopyTo(told.AsSpan(to));
            BinaryPrimitives.WriteDoubleLittleEndian(told.AsSpan(to + Asked), ScoreOf(code));
        }

        return told;
    }
}
