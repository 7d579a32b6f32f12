using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>Writes sales and their tickets, each as a whole. Safe for use by many threads.</summary>
internal sealed class SaleMaker(Transactions transactions)
{
    private const int TicketsAtOnce = 1_000;

    /// <summary>Writes a sale and as many tickets as it has.</summary>
    public Task<Sale> MakeAsync(Sale sale) => transactions.RunAsync<Sale>(async db =>
    {
        await AddAsync(db, sale);
        return sale;
    });

    /// <summary>Writes it in a transaction that is under way.</summary>
    public static async Task AddAsync(ServiceDb db, Sale sale)
    {
        db.Add(sale);
        for (var i = 0; i < sale.Total; i++)
        {
            db.Add(new Ticket { Id = Guid.NewGuid(), SaleId = sale.Id });
            if (i % TicketsAtOnce == TicketsAtOnce - 1)
                await SaveAsync(db);
        }

        await SaveAsync(db);
    }

    // What is written need not be remembered: of so many tickets that would cost more than to write them.
    private static async Task SaveAsync(ServiceDb db)
    {
        await db.SaveChangesAsync();
        db.ChangeTracker.Clear();
    }
}
