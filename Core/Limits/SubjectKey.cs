using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansLimiter.Core.Limits;

/// <summary>
/// The composite key of one counter: <c>tenant/policy/subject</c>. The subject is kept in its composite form, which is
/// ASCII: <c>%</c>, <c>/</c>, <c>{</c>, <c>}</c>, space, a leading <c>#</c> and every byte of a non-ASCII character become <c>%XX</c>; a
/// subject of more than 192 bytes after that is kept as <c>#</c> and the base64url of its SHA-256.
/// </summary>
public readonly record struct SubjectKey
{
    /// <summary>The longest subject, in bytes of UTF-8 as sent.</summary>
    public const int MaxBytes = 256;

    private const int MaxComposedLength = 192;
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(
        "!\"#$&'()*+,-.0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz|~");

    private readonly int _hash;

    private SubjectKey(KeyScope scope, string subject)
    {
        Scope = scope;
        Subject = subject;
        _hash = scope.GetHashCode() ^ subject.GetHashCode();
    }

    /// <summary>Tenant and policy.</summary>
    public KeyScope Scope { get; }

    /// <summary>The subject in its composite form: 1 to 192 visible ASCII characters without <c>/ { }</c>.</summary>
    public string Subject { get; }

    /// <summary>Checks a subject that came from outside and composes the key.</summary>
    /// <param name="scope">Tenant and policy.</param>
    /// <param name="subject">1 to 256 bytes of UTF-8, no control character, no lone surrogate; compared byte by byte.</param>
    /// <param name="key">The key, if the subject is right.</param>
    /// <param name="error">The rule that was broken, if not (field <c>key</c>; the value itself is not repeated).</param>
    /// <returns>Whether the subject is right.</returns>
    public static bool TryCreate(KeyScope scope, string? subject, out SubjectKey key, [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(scope);

        // Most subjects are their own composite form, and one vectorised look at them says so.
        if (IsPlain(subject))
        {
            key = new SubjectKey(scope, subject);
            error = null;
            return true;
        }

        error = ErrorIn(subject);
        key = error is null ? new SubjectKey(scope, Escape(subject!)) : default;
        return error is null;
    }

    /// <summary>Composes the key of a subject that the program itself knows to be right.</summary>
    /// <param name="scope">Tenant and policy.</param>
    /// <param name="subject">1 to 256 bytes of UTF-8, no control character, no lone surrogate.</param>
    /// <returns>The key.</returns>
    /// <exception cref="ArgumentException">The subject breaks a rule, which the message names.</exception>
    public static SubjectKey Of(KeyScope scope, string subject) =>
        TryCreate(scope, subject, out var key, out var error) ? key : throw new ArgumentException(error.ToString(), nameof(subject));

    /// <summary>Whether both are the same counter.</summary>
    /// <param name="other">The other key.</param>
    /// <returns>Whether tenant, policy and subject are the same.</returns>
    public bool Equals(SubjectKey other) => _hash == other._hash && Subject == other.Subject && Equals(Scope, other.Scope);

    /// <summary>A hash that was made with the key, seeded per process: nobody outside can choose keys that collide.</summary>
    /// <returns>The hash.</returns>
    public override int GetHashCode() => _hash;

    /// <summary>The key as engines store it.</summary>
    /// <returns><c>tenant/policy/subject</c>.</returns>
    public override string ToString() => $"{Scope}/{Subject}";

    private static InvalidValue? ErrorIn(string? subject)
    {
        if (string.IsNullOrEmpty(subject))
            return new InvalidValue("key", subject is null ? "missing" : "empty", "must be 1 to 256 bytes of UTF-8");
        for (var i = 0; i < subject.Length; i++)
        {
            if (char.IsControl(subject[i]))
                return new InvalidValue("key", "not plain text", "must not hold control characters");
            if (!char.IsSurrogate(subject[i]))
                continue;
            if (i + 1 == subject.Length || !char.IsSurrogatePair(subject[i], subject[i + 1]))
                return new InvalidValue("key", "not valid Unicode", "must not hold a lone surrogate");
            i++;
        }

        var bytes = Encoding.UTF8.GetByteCount(subject);
        return bytes > MaxBytes
            ? new InvalidValue("key", $"{bytes.ToString(CultureInfo.InvariantCulture)} bytes", "must be 1 to 256 bytes of UTF-8")
            : null;
    }

    private static bool IsPlain([NotNullWhen(true)] string? subject) =>
        subject is { Length: >= 1 and <= MaxComposedLength } && subject[0] != '#' && !subject.AsSpan().ContainsAnyExcept(PlainCharacters);

    private static string Escape(string subject)
    {
        var utf8 = Encoding.UTF8.GetBytes(subject);
        var text = new StringBuilder(utf8.Length * 3);
        foreach (var octet in utf8)
        {
            // A leading # is escaped too: it marks a hash, and no sent subject may pass for another one's hash.
            if (PlainCharacters.Contains((char)octet) && !(octet == '#' && text.Length == 0))
                text.Append((char)octet);
            else
                text.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }

        return text.Length <= MaxComposedLength ? text.ToString() : "#" + Base64Url.EncodeToString(SHA256.HashData(utf8));
    }
}
