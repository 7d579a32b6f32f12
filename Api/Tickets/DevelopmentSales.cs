using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Api.Tickets;

/// <summary>What a newcomer finds for sale in Development: a sale that is open and has tickets left, and, at each start anew, one that opens in a minute.</summary>
internal sealed class DevelopmentSales(Transactions transactions, TimeProvider time)
{
    /// <summary>How many tickets each has.</summary>
    public const int Tickets = 500;

    private const long Price = 4_900;
    private static readonly TimeSpan UntilOpening = TimeSpan.FromMinutes(1);

    /// <summary>Adds those that are missing.</summary>
    public async Task AddAsync()
    {
        var now = time.GetUtcNow();
        try
        {
            await transactions.RunAsync<bool>(async db =>
            {
                var instant = Instant.From(now);
                var known = await db.Sales.CountAsync();
                if (!await db.Sales.AnyAsync(sale => sale.OpensAt <= instant && sale.Available > 0 && (sale.ClosesAt == null || sale.ClosesAt > instant)))
                    Add(db, 2 * known, "Open-air theatre, tonight", instant);
                if (!await db.Sales.AnyAsync(sale => sale.OpensAt > instant))
                    Add(db, (2 * known) + 1, "Open-air theatre, next year", Instant.From(now + UntilOpening));
                await db.SaveChangesAsync();
                return true;
            });
        }
        catch (DbUpdateException duplicate) when (DatabaseFailure.IsDuplicate(duplicate))
        {
            // Another front end, started at the same moment, has added them.
        }
    }

    /// <summary>Adds a sale whose id says which it is, so that front ends that start together do not add it twice.</summary>
    private static void Add(ServiceDb db, int number, string name, Instant opensAt)
    {
        var sale = new Sale { Id = new Guid(number, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 0), Name = name, OpensAt = opensAt, Price = Price, Currency = "EUR", Total = Tickets, Available = Tickets };
        db.Add(sale);
        for (var i = 0; i < Tickets; i++)
            db.Add(new Ticket { Id = Guid.NewGuid(), SaleId = sale.Id });
    }
}
