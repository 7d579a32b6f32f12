using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve.Tokens;

/// <summary>
/// An admission as its owner carries it: <c>key.sale.user.id.expiry.mac</c>, the expiry in microseconds since the Unix epoch, the last part
/// the base64url of the HMAC-SHA256 over all before it. Whoever has the keys can check it without asking the valve.
/// </summary>
internal static class AdmissionToken
{
    /// <summary>No token is longer, in characters.</summary>
    public const int MaxLength = 256;

    private const int Parts = 6;
    private const char Between = '.';
    private static readonly byte[] Purpose = "OrleansLimiter admission 1\n"u8.ToArray();

    /// <summary>Signs an admission with the newest key.</summary>
    /// <param name="admission">The admission.</param>
    /// <param name="keys">The keys.</param>
    /// <returns>The token: ASCII, at most <see cref="MaxLength"/> characters, none of which a header needs to quote.</returns>
    public static string Sign(Admission admission, AdmissionKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var signed = string.Create(
            CultureInfo.InvariantCulture,
            $"{keys.Newest.Id}.{admission.Sale.Value}.{admission.User}.{admission.Id}.{admission.ExpiresAt.Microseconds}");
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        WriteMac(keys.Newest, signed, mac);
        return $"{signed}.{Base64Url.EncodeToString(mac)}";
    }

    /// <summary>Checks a token: that one of the keys signed it, for whom and for which sale, and that it has not expired.</summary>
    /// <param name="token">The token, as it came.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="sale">The sale at which it is presented.</param>
    /// <param name="user">The authenticated user who presents it.</param>
    /// <param name="now">The clock.</param>
    /// <param name="admission">The admission, if it is good. Whether it was used before is the purchase's to say.</param>
    /// <returns>Whether it is good, here and now, for this user.</returns>
    public static bool TryVerify(string? token, AdmissionKeys keys, SaleId sale, UserId user, Instant now, out Admission admission)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var good = TryReadSigned(token, keys, out admission)
            && admission.Sale == sale
            && admission.User == user
            && now < admission.ExpiresAt;
        if (!good)
            admission = default;
        return good;
    }

    private static bool TryReadSigned(string? token, AdmissionKeys keys, out Admission admission)
    {
        admission = default;
        if (token is not { Length: <= MaxLength })
            return false;
        Span<Range> parts = stackalloc Range[Parts + 1];
        var text = token.AsSpan();
        if (text.Split(parts, Between) != Parts || keys.Find(text[parts[0]]) is not { } key)
            return false;

        // Before anything else is believed; as text, so that no other text stands for the same bits. The comparison takes as long wherever
        // the first difference is.
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        WriteMac(key, text[..(parts[Parts - 1].Start.Value - 1)], mac);
        Span<char> expected = stackalloc char[Base64Url.GetEncodedLength(mac.Length)];
        Base64Url.EncodeToChars(mac, expected);
        if (!CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(text[parts[Parts - 1]]), MemoryMarshal.AsBytes<char>(expected)))
            return false;

        if (!SaleId.TryCreate(text[parts[1]].ToString(), out var sale, out _)
            || !UserId.TryParse(text[parts[2]], out var user)
            || !AdmissionId.TryParse(text[parts[3]], out var id)
            || !long.TryParse(text[parts[4]], NumberStyles.None, CultureInfo.InvariantCulture, out var expiry))
        {
            return false;
        }

        admission = new Admission(id, sale, user, new Instant(expiry));
        return true;
    }

    private static void WriteMac(AdmissionKey key, ReadOnlySpan<char> signed, Span<byte> mac)
    {
        // The purpose goes first: a key that another use shares makes no admissions there.
        Span<byte> bytes = stackalloc byte[Purpose.Length + Encoding.UTF8.GetMaxByteCount(MaxLength)];
        Purpose.CopyTo(bytes);
        var length = Purpose.Length + Encoding.UTF8.GetBytes(signed, bytes[Purpose.Length..]);
        HMACSHA256.HashData(key.Secret, bytes[..length], mac);
    }
}
