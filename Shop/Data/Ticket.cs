namespace OrleansLimiter.Shop.Data;

internal enum TicketStatus
{
    Available = 0,

    /// <summary>It is in a purchase that is not finished.</summary>
    Held = 1,

    /// <summary>It is sold, for good.</summary>
    Sold = 2,
}

/// <summary>A ticket. It belongs to an order exactly while it is not available, and to one at a time.</summary>
internal sealed class Ticket
{
    public Guid Id { get; init; }

    /// <summary>The sale that it is sold in.</summary>
    public Guid SaleId { get; init; }

    public TicketStatus Status { get; init; }

    /// <summary>The order that holds it or has it; null while it is available.</summary>
    public Guid? OrderId { get; init; }
}
