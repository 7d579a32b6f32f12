using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Valve.Tokens;

/// <summary>
/// The secrets that admissions are signed with: the newest signs, any of them verifies. To rotate, put a new one in front everywhere, and
/// take the old one away once the longest admission has passed. Immutable; never printed.
/// </summary>
internal sealed class AdmissionKeys
{
    /// <summary>The most keys at once.</summary>
    public const int MaxKeys = 8;

    /// <summary>The shortest secret, in bytes.</summary>
    public const int MinSecretBytes = 32;

    private const string Field = "QUEUE_TOKEN_KEYS";
    private const string Masked = "***";
    private const int MaxIdLength = 16;
    private const char Between = ',';
    private const char AfterId = ':';

    private readonly AdmissionKey[] _keys;

    private AdmissionKeys(AdmissionKey[] keys) => _keys = keys;

    internal AdmissionKey Newest => _keys[0];

    /// <summary>Reads keys as the setting <c>QUEUE_TOKEN_KEYS</c> writes them.</summary>
    /// <param name="text"><c>id:base64</c>, the newest first, separated by commas: 1 to 8 ids of 1 to 16 characters of a-z, 0-9 and -, each
    /// once, with secrets of at least 32 bytes.</param>
    /// <param name="keys">The keys, if they are right.</param>
    /// <param name="error">The rule that was broken, if not. Secrets are masked.</param>
    /// <returns>Whether they are right.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AdmissionKeys? keys, [NotNullWhen(false)] out InvalidValue? error)
    {
        keys = null;
        var entries = string.IsNullOrWhiteSpace(text) ? [] : text.Split(Between);
        if (entries.Length is 0 or > MaxKeys)
        {
            error = new InvalidValue(Field, $"{entries.Length.ToString(CultureInfo.InvariantCulture)} keys",
                "must hold 1 to 8 keys, as id:base64 separated by commas");
            return false;
        }

        var read = new AdmissionKey[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            error = ErrorIn(entries[i].Trim(), read.AsSpan(0, i), out read[i]);
            if (error is not null)
                return false;
        }

        keys = new AdmissionKeys(read);
        error = null;
        return true;
    }

    /// <summary>
    /// A key for services that were given none: derived from another secret of theirs by HKDF-SHA256, so that it tells nothing of it.
    /// </summary>
    /// <param name="secret">The other secret, at least 32 bytes.</param>
    /// <returns>One key, named <c>derived</c>.</returns>
    /// <exception cref="ArgumentException">The secret is too short.</exception>
    public static AdmissionKeys DerivedFrom(ReadOnlySpan<byte> secret)
    {
        if (secret.Length < MinSecretBytes)
            throw new ArgumentException("The secret must be at least 32 bytes.", nameof(secret));
        var derived = new byte[MinSecretBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, derived, salt: [], info: "OrleansLimiter sale admissions"u8);
        return new AdmissionKeys([new AdmissionKey("derived", derived)]);
    }

    /// <summary>All of them, the newest first.</summary>
    internal IReadOnlyList<AdmissionKey> All => _keys;

    /// <summary>Finds a key by its name.</summary>
    internal AdmissionKey? Find(ReadOnlySpan<char> id)
    {
        foreach (var key in _keys)
        {
            if (id.SequenceEqual(key.Id))
                return key;
        }

        return null;
    }

    private static InvalidValue? ErrorIn(string entry, ReadOnlySpan<AdmissionKey> before, out AdmissionKey key)
    {
        key = null!;
        var end = entry.IndexOf(AfterId, StringComparison.Ordinal);
        var id = end < 0 ? "" : entry[..end];
        if (id.Length is 0 or > MaxIdLength || !KeyScope.TryCheckName(Field, id, out _))
            return new InvalidValue(Field, Masked, "must begin each key with its id, 1 to 16 characters of a-z, 0-9 and -, and a colon");
        foreach (var other in before)
        {
            if (other.Id == id)
                return new InvalidValue(Field, $"{id}:{Masked} twice", "must name each key once");
        }

        var secret = new byte[entry.Length];
        if (!Convert.TryFromBase64String(entry[(end + 1)..], secret, out var length) || length < MinSecretBytes)
            return new InvalidValue(Field, $"{id}:{Masked}", "must have at least 32 bytes as base64 in each key");
        key = new AdmissionKey(id, secret[..length]);
        return null;
    }
}
