using System.Buffers.Binary;
using OrleansLimiter.Core.Valve;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Computes the codes that decide a draw, since a script has no SHA-256. They follow from the seed and the numbers alone: any engine may compute any of
/// them, twice or after another gave up.
/// </summary>
internal static class DrawCodes
{
    private const int UserLength = 16;
    private const int NumberLength = 6;
    private const int CodeLength = 32;
    private const int Asked = UserLength + NumberLength;
    private const int Answered = Asked + sizeof(double);
    private const int Places = 1 + DrawSeed.Bytes;
    private const int DroppedBits = 2;

    // The exponents that a score may have: from the smallest normal number up to 2.
    private const long Span = 1L << (64 - DroppedBits);
    private const long Smallest = 1L << 52;

    /// <summary>Answers a reply of kind <see cref="ValveReplyKind.CodesMissing"/>: what <c>valveCodes.lua</c> is told.</summary>
    public static byte[] For(ReadOnlySpan<byte> reply)
    {
        var seed = new DrawSeed(reply.Slice(1, DrawSeed.Bytes));
        var asked = reply[Places..];
        var told = new byte[asked.Length / Asked * Answered];
        Span<byte> code = stackalloc byte[CodeLength];
        for (int from = 0, to = 0; from < asked.Length; from += Asked, to += Answered)
        {
            var place = asked.Slice(from, Asked);
            Draw.WriteCode(seed, ValveReplyBytes.Short(place[UserLength..]), code);
            place.CopyTo(told.AsSpan(to));
            BinaryPrimitives.WriteDoubleLittleEndian(told.AsSpan(to + Asked), ScoreOf(code));
        }

        return told;
    }

    /// <summary>
    /// A code as a score: in the order of the first 62 bits, and under 0. The bits of positive doubles, taken as integers, are in the doubles' own
    /// order, so they hold more than the 53 bits of a whole number. That two of 100,000 codes agree in all 62 happens once in a thousand million draws.
    /// </summary>
    internal static double ScoreOf(ReadOnlySpan<byte> code) =>
        -BitConverter.Int64BitsToDouble(Smallest + Span - (long)(BinaryPrimitives.ReadUInt64BigEndian(code) >> DroppedBits));
}
