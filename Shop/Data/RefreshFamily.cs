using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>All refresh tokens that descend from one login: a session. Revoked as a whole.</summary>
internal sealed class RefreshFamily
{
    /// <summary>Its id, which access tokens carry as <c>sid</c>.</summary>
    public Guid Id { get; init; }

    public Guid UserId { get; init; }

    public Instant CreatedAt { get; init; }

    /// <summary>When it was revoked, by a logout or because a spent token was used again; null: it is not.</summary>
    public Instant? RevokedAt { get; init; }
}
