using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>Where an order stands. Only <see cref="Held"/> and <see cref="Lapsed"/> are not the end.</summary>
internal enum OrderStatus
{
    /// <summary>Its tickets are held; the payment may be under way.</summary>
    Held = 0,

    /// <summary>Paid: its tickets are sold. The order is the receipt.</summary>
    Paid = 1,

    /// <summary>The card was declined; the tickets were given back.</summary>
    Declined = 2,

    /// <summary>Nothing was charged, for a technical reason or because nobody finished it; the tickets were given back.</summary>
    Failed = 3,

    /// <summary>
    /// The hold ran out while nobody could say whether it was charged: the tickets were given back, and a charge, if there is one, is owed
    /// back.
    /// </summary>
    Lapsed = 4,

    /// <summary>It was charged after its hold had run out, and the charge was given back.</summary>
    Refunded = 5,
}

/// <summary>
/// An order: recorded, with the id of its payment, before anything is charged. Its id is the payment intent's, and the receipt's.
/// </summary>
internal sealed class Order
{
    /// <summary>Its id, and that of its payment.</summary>
    public Guid Id { get; init; }

    public Guid SaleId { get; init; }

    public Guid UserId { get; init; }

    public OrderStatus Status { get; init; }

    public int Tickets { get; init; }

    /// <summary>What they cost, in the currency's smallest unit.</summary>
    public long Amount { get; init; }

    public string Currency { get; init; } = string.Empty;

    /// <summary>The card's last four digits: all that is kept of it.</summary>
    public string CardLast4 { get; init; } = string.Empty;

    /// <summary>
    /// The turn at the valve that it uses; unique, so that a turn is used once. Null: none, or one that was given back with the tickets.
    /// </summary>
    public string? AdmissionId { get; init; }

    public Instant CreatedAt { get; init; }

    /// <summary>When the front end that made it must have finished it; from then on any front end may.</summary>
    public Instant DueAt { get; init; }

    /// <summary>When its tickets go back to the others at the latest.</summary>
    public Instant HeldUntil { get; init; }

    /// <summary>When it was paid; null: it is not.</summary>
    public Instant? PaidAt { get; init; }
}
