using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Settings;

/// <summary>
/// The secret that signs access tokens, and from which the service's other keys are derived (<c>JWT_SECRET</c>). Immutable; never printed.
/// </summary>
internal sealed class TokenSettings
{
    public const string Variable = "JWT_SECRET";

    /// <summary>The least length of the secret, in bytes: as long as the hash that HS256 makes.</summary>
    public const int MinBytes = 32;

    private readonly byte[] _secret;

    private TokenSettings(byte[] secret, bool isRandom)
    {
        _secret = secret;
        IsRandom = isRandom;
    }

    /// <summary>Whether the secret was made at this start, so that no token outlives it.</summary>
    public bool IsRandom { get; }

    /// <summary>The secret's bytes.</summary>
    public byte[] Secret => [.. _secret];

    /// <summary>A key for another use than signing tokens: HKDF-SHA256 of the secret.</summary>
    /// <param name="use">What for, a fixed text.</param>
    /// <returns>32 bytes.</returns>
    public byte[] DeriveKey(string use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, SHA256.HashSizeInBytes, info: Encoding.ASCII.GetBytes(use));

    /// <summary>
    /// Reads the variable. Only Development with an engine of one process may do without it: other front ends must know the same secret.
    /// </summary>
    public static TokenSettings Read(IConfiguration configuration, bool isDevelopment, bool isShared, List<InvalidValue> errors)
    {
        var text = configuration[Variable];
        var otherwise = new TokenSettings(RandomNumberGenerator.GetBytes(MinBytes), isRandom: true);
        if (string.IsNullOrEmpty(text))
        {
            if (!isDevelopment || isShared)
                errors.Add(new InvalidValue(Variable, "missing", $"{Rule}, the same on every front end"));
            return otherwise;
        }

        var secret = Encoding.UTF8.GetBytes(text);
        var isWeak = !isDevelopment && WeakSecrets.Contains(secret);
        if (secret.Length >= MinBytes && !isWeak)
            return new TokenSettings(secret, isRandom: false);
        errors.Add(secret.Length < MinBytes
            ? new InvalidValue(Variable, string.Create(CultureInfo.InvariantCulture, $"{secret.Length} bytes long (hidden)"), Rule)
            : new InvalidValue(Variable, "easily guessed (hidden)",
                $"{Rule}, and not one character or a short text again and again, nor a run of characters; openssl rand -base64 48 makes a "
                + $"good one"));
        return otherwise;
    }

    private static string Rule => string.Create(CultureInfo.InvariantCulture, $"must be at least {MinBytes} bytes");
}
