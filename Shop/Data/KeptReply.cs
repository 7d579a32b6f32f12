using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>What was answered to a purchase under an <c>Idempotency-Key</c>; or, while its status is 0, that it runs.</summary>
internal sealed class KeptReply
{
    /// <summary>The most characters of a key.</summary>
    public const int MaxKey = 255;

    /// <summary>How long it is kept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    public Guid UserId { get; init; }

    public string Key { get; init; } = string.Empty;

    /// <summary>
    /// HMAC-SHA256 of the request's body, under a key that is not in the database: a plain hash would give the card number away.
    /// </summary>
    public byte[] BodyMac { get; init; } = [];

    /// <summary>
    /// HMAC-SHA256 of what the body says, however it is written; null where a build wrote the row that knew <see cref="BodyMac"/> alone.
    /// </summary>
    public byte[]? MeaningMac { get; init; }

    /// <summary>The order that runs or ran; null where none was made.</summary>
    public Guid? OrderId { get; init; }

    /// <summary>The HTTP status; 0 while the purchase runs.</summary>
    public int Status { get; init; }

    /// <summary>The response's body; empty while the purchase runs.</summary>
    public string Body { get; init; } = string.Empty;

    public Instant ExpiresAt { get; init; }
}
