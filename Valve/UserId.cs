using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLimiter.Valve;

/// <summary>
/// Who stands in a line, in 128 bits, so that a line of 100,000 people is small and holds no name or address: a UUID's own bits, or the
/// first 128 bits of the SHA-256 of any other subject.
/// </summary>
/// <param name="High">The upper half.</param>
/// <param name="Low">The lower half.</param>
internal readonly record struct UserId(ulong High, ulong Low)
{
    private const int HexLength = 32;
    private const int Half = sizeof(ulong);
    private const string UuidFormat = "D";

    /// <summary>The user whom an authenticated subject names. Subjects that differ in a byte are different users.</summary>
    /// <param name="subject">The subject; not empty.</param>
    /// <returns>The bits of a UUID in its usual lower-case form, of the hash of anything else.</returns>
    /// <exception cref="ArgumentException"><paramref name="subject"/> is null or empty.</exception>
    public static UserId Of(string subject)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject);
        Span<byte> bits = stackalloc byte[SHA256.HashSizeInBytes];
        if (Guid.TryParseExact(subject, UuidFormat, out var uuid) && uuid.ToString(UuidFormat) == subject)
            uuid.TryWriteBytes(bits, bigEndian: true, out _);
        else
            SHA256.HashData(Encoding.UTF8.GetBytes(subject), bits);
        return new UserId(BinaryPrimitives.ReadUInt64BigEndian(bits), BinaryPrimitives.ReadUInt64BigEndian(bits[Half..]));
    }

    /// <summary>Reads a user as a token writes it.</summary>
    /// <param name="text">32 lower-case hexadecimal digits.</param>
    /// <param name="user">The user, if the text names one.</param>
    /// <returns>Whether it does.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out UserId user)
    {
        var good = UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            && text.Length == HexLength;
        user = good ? new UserId((ulong)(bits >> 64), (ulong)bits) : default;
        return good;
    }

    public override int GetHashCode() => HashCode.Combine(High, Low);

    /// <summary>The user as a token writes it.</summary>
    /// <returns>32 lower-case hexadecimal digits.</returns>
    public override string ToString() => new UInt128(High, Low).ToString("x32", CultureInfo.InvariantCulture);
}
