using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>A refresh token, of which only the hash is kept. Spent at most once.</summary>
internal sealed class RefreshToken
{
    public byte[] Hash { get; init; } = [];

    /// <summary>The family that it belongs to.</summary>
    public Guid FamilyId { get; init; }

    /// <summary>When it ceases to be good.</summary>
    public Instant ExpiresAt { get; init; }

    /// <summary>When it was exchanged; null: it was not.</summary>
    public Instant? SpentAt { get; init; }

    /// <summary>
    /// The token that took its place, readable only to who holds this one (<see cref="Accounts.RefreshSecret.Wrap"/>); null: none did.
    /// </summary>
    public byte[]? Successor { get; init; }
}
