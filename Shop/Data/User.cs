using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

internal sealed class User
{
    /// <summary>The most characters of an e-mail address (RFC 5321, section 4.5.3.1.3, without the brackets).</summary>
    public const int MaxEmail = 254;

    /// <summary>The most characters of a name.</summary>
    public const int MaxName = 100;

    public Guid Id { get; init; }

    /// <summary>The e-mail address, trimmed and in lower case. Unique.</summary>
    public string Email { get; init; } = string.Empty;

    /// <summary>What the person wants to be called; empty where nothing was said.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The password's hash, with its salt and parameters.</summary>
    public string PasswordHash { get; init; } = string.Empty;

    public Instant CreatedAt { get; init; }

    /// <summary>
    /// The SHA-256 of the token that its owner was sent to confirm the address; null: nobody logs in before that is no more, which is so at
    /// once where nobody is sent anything.
    /// </summary>
    public byte[]? ConfirmationHash { get; init; }

    /// <summary>Until when the token is good; null where there is none.</summary>
    public Instant? ConfirmBefore { get; init; }

    /// <summary>When the address was last sent a notice; null: never.</summary>
    public Instant? NoticedAt { get; init; }
}
