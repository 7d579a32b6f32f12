namespace OrleansLimiter.Api.Tickets;

/// <summary>The phases of a sale, as the wire names them.</summary>
internal static class SalePhase
{
    /// <summary>It has not opened.</summary>
    public const string Scheduled = "scheduled";

    /// <summary>Tickets are sold.</summary>
    public const string Open = "open";

    /// <summary>All are sold.</summary>
    public const string SoldOut = "soldOut";

    /// <summary>It is over.</summary>
    public const string Closed = "closed";
}
