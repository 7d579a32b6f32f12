namespace OrleansLimiter.Shop.Data;

/// <summary>Where a ticket stands.</summary>
internal enum TicketStatus
{
    /// <summary>It can be bought.</summary>
    Available = 0,

    /// <summary>It is in a purchase that is not finished.</summary>
    Held = 1,

    /// <summary>It is sold, for good.</summary>
    Sold = 2,
}

/// <summary>A ticket. It belongs to an order exactly while it is not available, and to one at a time.</summary>
internal sealed class Ticket
{
    /// <summary>Its id, random.</summary>
    public Guid Id { get; init; }

    /// <summary>The sale that it is sold in.</summary>
    public Guid SaleId { get; init; }

    /// <summary>Where it stands.</summary>
    public TicketStatus Status { get; init; }

    /// <summary>The order that holds it or has it; null while it is available.</summary>
    public Guid? OrderId { get; init; }
}
