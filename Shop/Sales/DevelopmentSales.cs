using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// What a newcomer finds for sale in Development: a sale that is open and has tickets left, and one that opens in a minute, or has opened
/// in the last ten. Those of earlier starts that nobody has ever bought from are taken away, so that starts leave nothing behind.
/// </summary>
internal sealed class DevelopmentSales(Transactions transactions, TimeProvider time)
{
    /// <summary>How many tickets each has.</summary>
    public const int Tickets = 500;

    private const long Price = 4_900;
    private const string OpenName = "Open-air theatre, tonight";
    private const string ScheduledName = "Open-air theatre, next year";
    private static readonly TimeSpan UntilOpening = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Recent = TimeSpan.FromMinutes(10);

    /// <summary>Adds those that are missing, and takes away those that are left over.</summary>
    public async Task AddAsync()
    {
        var now = time.GetUtcNow();
        try
        {
            await transactions.FinishAsync<bool>(async db =>
            {
                await BringUpToDateAsync(db, now);
                return true;
            });
        }
        catch (DbUpdateException duplicate) when (DatabaseFailure.IsDuplicate(duplicate))
        {
            // Another front end, started at the same moment, has added them.
        }
    }

    private static async Task BringUpToDateAsync(ServiceDb db, DateTimeOffset now)
    {
        var (instant, recent) = (Instant.From(now), Instant.From(now - Recent));
        var minute = (int)(now.ToUnixTimeSeconds() / 60);
        if (!await db.Sales.AnyAsync(sale => sale.OpensAt > recent && sale.Name == ScheduledName
            && (sale.ClosesAt == null || sale.ClosesAt > instant)))
            await SaleMaker.AddAsync(db, SaleOf(2 * minute, ScheduledName, Instant.From(now + UntilOpening)));

        var open = await db.Sales.Where(
            sale => sale.OpensAt <= instant && sale.Available > 0 && (sale.ClosesAt == null || sale.ClosesAt > instant))
            .OrderBy(sale => sale.OpensAt).ToListAsync();
        if (open.Count == 0)
            await SaleMaker.AddAsync(db, SaleOf((2 * minute) + 1, OpenName, instant));

        // One is enough, preferably one that somebody has bought from, which stays anyway.
        var untouched = open.Where(sale => sale.Name == ScheduledName && sale.OpensAt <= recent && sale.Available == sale.Total).ToList();
        foreach (var sale in untouched.Skip(untouched.Count == open.Count ? 1 : 0))
            await RemoveAsync(db, sale);
    }

    // What was ever ordered from it, even in vain, belongs to somebody's orders.
    private static async Task RemoveAsync(ServiceDb db, Sale sale)
    {
        if (await db.Orders.AnyAsync(order => order.SaleId == sale.Id) || await db.Buyers.AnyAsync(buyer => buyer.SaleId == sale.Id))
            return;
        await db.Tickets.Where(ticket => ticket.SaleId == sale.Id).ExecuteDeleteAsync();
        await db.Sales.Where(row => row.Id == sale.Id).ExecuteDeleteAsync();
    }

    /// <summary>
    /// A sale whose id says when it was made, so that front ends that start together do not add it twice, and so that a valve never meets a
    /// removed sale's successor.
    /// </summary>
    private static Sale SaleOf(int number, string name, Instant opensAt) =>
        new()
        {
            Id = new Guid(number, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 0),
            Name = name,
            OpensAt = opensAt,
            Price = Price,
            Currency = "EUR",
            Total = Tickets,
            Available = Tickets,
        };
}
