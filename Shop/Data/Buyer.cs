namespace OrleansLimiter.Shop.Data;

/// <summary>How many tickets of a sale a user has or holds.</summary>
internal sealed class Buyer
{
    /// <summary>The sale.</summary>
    public Guid SaleId { get; init; }

    /// <summary>The user.</summary>
    public Guid UserId { get; init; }

    /// <summary>How many.</summary>
    public int Tickets { get; init; }
}
