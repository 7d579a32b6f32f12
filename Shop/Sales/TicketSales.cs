using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Which sale each ticket belongs to: that never changes, so the tickets that were named lately are kept in mind, and a request for them
/// asks nobody. Safe for use by many threads.
/// </summary>
internal sealed class TicketSales(ServiceDbFactory databases, LookupBudget budget)
{
    private const int MostKept = 100_000;

    private readonly RecentTable<Guid, Guid> _saleOf = new(MostKept);

    /// <summary>How many tickets are kept in mind.</summary>
    public int Kept => _saleOf.Count;

    /// <summary>Finds the sales of tickets.</summary>
    /// <param name="tickets">Each once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The sales, each once; null: some ticket is unknown.</returns>
    public async ValueTask<IReadOnlyCollection<Guid>?> FindAsync(IReadOnlyList<Guid> tickets, CancellationToken cancellationToken) =>
        Known(tickets) ?? await ReadAsync(tickets, cancellationToken);

    /// <summary>
    /// The sale that all of some tickets belong to, for a request that no limit has let through: the database is asked only within the
    /// user's budget.
    /// </summary>
    /// <returns>The sale; null: there is none, or it is not known.</returns>
    public async ValueTask<Guid?> FindOneAsync(Guid user, IReadOnlyList<Guid> tickets, CancellationToken cancellationToken)
    {
        var sales = Known(tickets);
        if (sales is null && budget.TryTake(user))
        {
            sales = await ReadAsync(tickets, cancellationToken);
            if (sales is not null)
                budget.GiveBack(user);
        }

        return sales is { Count: 1 } ? sales.First() : null;
    }

    private HashSet<Guid>? Known(IReadOnlyList<Guid> tickets)
    {
        var sales = new HashSet<Guid>();
        foreach (var ticket in tickets)
        {
            if (!_saleOf.TryGet(ticket, out var sale))
                return null;
            sales.Add(sale);
        }

        return sales;
    }

    private async Task<HashSet<Guid>?> ReadAsync(IReadOnlyList<Guid> tickets, CancellationToken cancellationToken)
    {
        await using var db = databases.Create();
        var found = await db.Tickets.Where(ticket => tickets.Contains(ticket.Id)).Select(ticket => new { ticket.Id, ticket.SaleId })
            .ToListAsync(cancellationToken);
        foreach (var ticket in found)
            _saleOf.Set(ticket.Id, ticket.SaleId);
        return found.Count == tickets.Count ? [.. found.Select(ticket => ticket.SaleId)] : null;
    }
}
