using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// What is written down of an admission beside its use: how many payments were declined with it, and that it has ended. A hold looks here
/// in its own transaction, so an admission that has ended buys nothing though its signature is good, whatever the valve says or does not
/// say. There is a row only where something was declined or ended.
/// </summary>
internal sealed class EndedAdmission
{
    /// <summary>How long a row is kept: longer than any admission is good, with the skew of clocks.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(2);

    public string Id { get; init; } = string.Empty;

    /// <summary>How many payments were declined with it.</summary>
    public int Declined { get; init; }

    /// <summary>When it ended; null: it has not.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>When the row is forgotten.</summary>
    public Instant KeptUntil { get; init; }
}
