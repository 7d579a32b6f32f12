using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace OrleansLimiter.Core.Valve;

/// <summary>
/// The draw: places in the order of HMAC-SHA256(seed, number), the number in decimal ASCII digits, codes compared as bytes. Anyone can check
/// it: <c>printf %s 17 | openssl dgst -sha256 -mac HMAC -macopt hexkey:SEED</c>.
/// </summary>
public static class Draw
{
    private const int LongestNumber = 20;

    /// <summary>The code of a place: the smallest comes first.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="place">The place's number.</param>
    /// <param name="code">32 bytes to be written.</param>
    public static void WriteCode(DrawSeed seed, long place, Span<byte> code)
    {
        ArgumentNullException.ThrowIfNull(seed);
        Span<byte> digits = stackalloc byte[LongestNumber];
        Utf8Formatter.TryFormat(place, digits, out var length);
        HMACSHA256.HashData(seed.Span, digits[..length], code);
    }

    /// <summary>The places of a draw in the order that it gave them.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="places">The numbers of the places that took part.</param>
    /// <returns>The same numbers, the first in line first.</returns>
    public static IReadOnlyList<long> Order(DrawSeed seed, IEnumerable<PlaceRun> places)
    {
        ArgumentNullException.ThrowIfNull(places);
        var numbers = NumbersOf(places).ToArray();
        Array.Sort(Array.ConvertAll(numbers, place => Key(seed, place)), numbers);
        return numbers;
    }

    /// <summary>The hash of those who took part: SHA-256 over their numbers in decimal digits, ascending, each followed by a line feed.</summary>
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
    internal static (UInt128 High, UInt128 Low) Key(DrawSeed seed, long place)
    {
        Span<byte> code = stackalloc byte[HMACSHA256.HashSizeInBytes];
        WriteCode(seed, place, code);
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
