using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>An address from which a user has logged in: strangers who use up the account's limit do not lock that pair out.</summary>
internal sealed class KnownAddress
{
    /// <summary>How long a login is remembered.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    public Guid UserId { get; init; }

    /// <summary>The address as limits count it.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>When the last good login came.</summary>
    public Instant LastLoginAt { get; init; }
}
