namespace OrleansLimiter.Shop.Data;

/// <summary>How many tickets of a sale a user has or holds.</summary>
internal sealed class Buyer
{
    public Guid SaleId { get; init; }

    public Guid UserId { get; init; }

    public int Tickets { get; init; }
}
