using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLimiter.Valve;

/// <summary>
/// The draw: places in the order of HMAC-SHA256(seed, message), codes compared as bytes. The message is <c>number.hash</c>: the number in
/// decimal ASCII digits, and the hash of all that took part (<see cref="HashOf"/>), which nobody knows before the opening, so no code can
/// be computed before it, by whoever knows what. Anyone can check it: <c>printf %s 17.PLACESHASH | openssl dgst -sha256 -mac HMAC -macopt
/// hexkey:SEED</c>. In sales that were set up by a build before this one the message is the number alone.
/// </summary>
internal static class Draw
{
    private const int LongestNumber = 20;
    private const int HashDigits = 2 * SHA256.HashSizeInBytes;
    private const int LongestMessage = LongestNumber + 1 + HashDigits;

    /// <summary>The code of a place: the smallest comes first.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="place">The place's number.</param>
    /// <param name="placesHash">The hash of the places that took part, 64 hexadecimal digits; null for a sale of an earlier build, whose
    /// draw is not bound to it.</param>
    /// <param name="code">32 bytes to be written.</param>
    public static void WriteCode(DrawSeed seed, long place, string? placesHash, Span<byte> code)
    {
        ArgumentNullException.ThrowIfNull(seed);
        Span<byte> message = stackalloc byte[LongestMessage];
        Utf8Formatter.TryFormat(place, message, out var length);
        if (placesHash is not null)
        {
            message[length++] = (byte)'.';
            length += Encoding.ASCII.GetBytes(placesHash, message[length..]);
        }

        HMACSHA256.HashData(seed.Span, message[..length], code);
    }

    /// <summary>The places of a draw in the order that it gave them.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="places">The numbers of the places that took part.</param>
    /// <param name="placesHash">Their hash; null for a sale of an earlier build.</param>
    /// <returns>The same numbers, the first in line first.</returns>
    public static IReadOnlyList<long> Order(DrawSeed seed, IEnumerable<PlaceRun> places, string? placesHash)
    {
        ArgumentNullException.ThrowIfNull(places);
        var numbers = NumbersOf(places).ToArray();
        Array.Sort(Array.ConvertAll(numbers, place => Key(seed, place, placesHash)), numbers);
        return numbers;
    }

    /// <summary>
    /// The hash of those who took part: SHA-256 over their numbers in decimal digits, ascending, each followed by a line feed.
    /// </summary>
    /// <param name="places">The places that took part.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string HashOf(IEnumerable<PlaceRun> places)
    {
        ArgumentNullException.ThrowIfNull(places);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> line = stackalloc byte[LongestNumber + 1];
        foreach (var place in NumbersOf(places))
        {
            Utf8Formatter.TryFormat(place, line, out var length);
            line[length] = (byte)'\n';
            hash.AppendData(line[..(length + 1)]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A place's code as a number; the whole code, so that no tie is left to chance.</summary>
    internal static (UInt128 High, UInt128 Low) Key(DrawSeed seed, long place, string? placesHash)
    {
        Span<byte> code = stackalloc byte[HMACSHA256.HashSizeInBytes];
        WriteCode(seed, place, placesHash, code);
        return (BinaryPrimitives.ReadUInt128BigEndian(code), BinaryPrimitives.ReadUInt128BigEndian(code[(code.Length / 2)..]));
    }

    private static IEnumerable<long> NumbersOf(IEnumerable<PlaceRun> places)
    {
        foreach (var run in places)
        {
            for (var place = run.First; place <= run.Last; place++)
                yield return place;
        }
    }
}
