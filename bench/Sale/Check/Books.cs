using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Check;

/// <summary>What the receipts of a run add up to, against what the service says of the sale.</summary>
/// <param name="Sold">Tickets on receipts.</param>
/// <param name="Twice">Tickets on more than one receipt, or twice on one.</param>
/// <param name="Most">The most tickets of one user.</param>
/// <param name="Missing">How many of the tickets there were are neither on a receipt nor available, or, if negative, both.</param>
internal sealed record Books(int Sold, int Twice, int Most, int Missing)
{
    /// <summary>Adds them up.</summary>
    /// <param name="receipts">What each user has.</param>
    /// <param name="before">The sale when nobody had come.</param>
    /// <param name="after">The sale when all was over.</param>
    public static Books Of(IReadOnlyCollection<IReadOnlyList<Guid>> receipts, SaleInfo before, SaleInfo after)
    {
        var sold = receipts.Sum(tickets => tickets.Count);
        var different = receipts.SelectMany(tickets => tickets).Distinct().Count();
        return new Books(sold, sold - different, receipts.Count == 0 ? 0 : receipts.Max(tickets => tickets.Count),
            before.Available - after.Available - sold);
    }
}
