using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// A refresh token as its holder has it: 256 random bits. What is stored is its hash, and its successor under a key that only the holder
/// can compute, so that a reply that was lost can be given again and a stolen database is worth nothing. Immutable; never printed.
/// </summary>
internal sealed class RefreshSecret
{
    /// <summary>Its length, and that of its hash and of a wrapped successor.</summary>
    public const int Bytes = 32;

    private const int TextLength = 43;

    private readonly byte[] _bytes;

    private RefreshSecret(byte[] bytes) => _bytes = bytes;

    /// <summary>What is stored of it.</summary>
    public byte[] Hash => SHA256.HashData(_bytes);

    /// <summary>The token as it is sent: 43 characters of base64url.</summary>
    public string Text => Base64Url.EncodeToString(_bytes);

    public static RefreshSecret New() => new(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Reads one that was presented.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out RefreshSecret? secret)
    {
        var bytes = new byte[Bytes];
        var good = text.Length == TextLength
            && Base64Url.DecodeFromChars(text, bytes, out _, out var written) == OperationStatus.Done
            && written == Bytes;
        secret = good ? new RefreshSecret(bytes) : null;
        return good;
    }

    /// <summary>The successor, readable to whoever holds this one. Each token wraps at most one, so its pad is used once.</summary>
    public byte[] Wrap(RefreshSecret successor) => Padded(successor._bytes);

    /// <summary>The successor that was wrapped.</summary>
    public RefreshSecret Unwrap(byte[] wrapped) => new(Padded(wrapped));

    private byte[] Padded(byte[] bytes)
    {
        var pad = HMACSHA256.HashData(_bytes, "the successor of this refresh token"u8);
        for (var i = 0; i < pad.Length; i++)
            pad[i] ^= bytes[i];
        return pad;
    }
}
