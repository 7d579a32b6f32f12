using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>The phases of a sale, as the wire names them.</summary>
internal static class SalePhase
{
    public const string Scheduled = "scheduled";

    /// <summary>It has not opened; people come, and are drawn at the opening.</summary>
    public const string PreQueue = "preQueue";

    public const string Open = "open";

    /// <summary>An operator holds the line.</summary>
    public const string Paused = "paused";

    public const string SoldOut = "soldOut";

    public const string Closed = "closed";

    /// <summary>The phase that the books and the clock tell, without a valve.</summary>
    public static string Of(Sale sale, Instant now)
    {
        if (sale.ClosesAt is { } end && now >= end)
            return Closed;
        if (sale.Sold == sale.Total)
            return SoldOut;
        return now < sale.OpensAt ? Scheduled : Open;
    }
}
