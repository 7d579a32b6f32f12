using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// A sale of equal tickets. Its three counts are those of its tickets' statuses, moved in the same transactions; the database refuses any
/// that do not add up to the total.
/// </summary>
internal sealed class Sale
{
    /// <summary>The most tickets of an order, and of a user, unless the sale says otherwise.</summary>
    public const int DefaultMax = 4;

    /// <summary>The most characters of a name.</summary>
    public const int MaxName = 200;

    public Guid Id { get; init; }

    public string Name { get; init; } = string.Empty;

    /// <summary>From when on tickets are sold.</summary>
    public Instant OpensAt { get; init; }

    /// <summary>From when on they are not any more; null: while there are any.</summary>
    public Instant? ClosesAt { get; init; }

    /// <summary>
    /// Since when an operator holds the line: nothing is bought meanwhile, whoever was admitted before; null: nobody does.
    /// </summary>
    public Instant? PausedAt { get; init; }

    /// <summary>The price of one ticket, in the currency's smallest unit.</summary>
    public long Price { get; init; }

    public string Currency { get; init; } = string.Empty;

    /// <summary>How many tickets there are.</summary>
    public int Total { get; init; }

    /// <summary>How many can be bought.</summary>
    public int Available { get; init; }

    /// <summary>How many are in purchases that are not finished.</summary>
    public int Held { get; init; }

    public int Sold { get; init; }

    /// <summary>The most tickets of one order.</summary>
    public int MaxPerOrder { get; init; } = DefaultMax;

    /// <summary>The most tickets of one user, those in unfinished purchases included.</summary>
    public int MaxPerUser { get; init; } = DefaultMax;
}
