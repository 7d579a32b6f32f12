using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLimiter.Tenants;

/// <summary>The SHA-256 of a key, as a value. It is never printed.</summary>
internal readonly record struct KeyDigest(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The most characters of a key that is looked at.</summary>
    public const int MaxKeyLength = 256;

    private const int MaxBytesPerCharacter = 3;

    /// <summary>The digest of a key's UTF-8 bytes; false for one that is too long to be a key.</summary>
    public static bool TryOf(string key, out KeyDigest digest)
    {
        digest = default;
        if (key.Length > MaxKeyLength)
            return false;
        Span<byte> utf8 = stackalloc byte[MaxKeyLength * MaxBytesPerCharacter];
        var length = Encoding.UTF8.GetBytes(key, utf8);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..length], hash);
        digest = Read(hash);
        return true;
    }

    public static bool TryParse([NotNullWhen(true)] string? hex, out KeyDigest digest)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var good = hex?.Length == 2 * SHA256.HashSizeInBytes
            && Convert.FromHexString(hex, hash, out _, out _) == System.Buffers.OperationStatus.Done;
        digest = good ? Read(hash) : default;
        return good;
    }

    public override string ToString() => "(hidden)";

    private static KeyDigest Read(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
}
