using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Operators;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// <c>POST /admin/sales</c> and <c>POST /admin/sales/{id}/end</c>: an operator makes a sale, and ends one. Safe for use by many threads.
/// </summary>
internal sealed class SaleAdminCalls(
    OperatorKey operatorKey, SaleMaker maker, Transactions transactions, SaleCalls sales, KnownSales known, SaleValves valves,
        ShopAudit audit, TimeProvider time)
{
    /// <summary>Makes the sale that the body describes: 201, the sale as <c>GET /sales/{id}</c> tells it, and where.</summary>
    public async Task MakeAsync(HttpContext context)
    {
        if (operatorKey.NameOf(context) is not { } name)
        {
            await operatorKey.RefuseAsync(context);
            return;
        }

        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, SaleDescription.Body);
        Sale? sale = null;
        error ??= SaleDescription.Read(body, time.GetUtcNow(), out sale);
        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        await maker.MakeAsync(sale!);
        audit.SaleMade(name, sale!);
        context.Response.Headers.Location = $"/sales/{sale!.Id}";
        await sales.WriteAsync(context, StatusCodes.Status201Created, sale);
    }

    /// <summary>
    /// Ends a sale now, whether it has opened or not: 200 and the sale, also where it was over. Purchases whose tickets are held are
    /// finished.
    /// </summary>
    public async Task EndAsync(HttpContext context)
    {
        if (operatorKey.NameOf(context) is not { } name)
        {
            await operatorKey.RefuseAsync(context);
            return;
        }

        if (KnownSales.Named(context) is not { } id || await EndAsync(id, name) is not { } sale)
        {
            await Replies.WriteError(context, SaleCalls.UnknownSale);
            return;
        }

        // The valve is told by whoever asks it next. That this is done at once frees what the line takes up.
        known.Forget(id);
        await valves.AskAsync(sale, static (engine, valve, cancellation) => engine.StatusAsync(valve, cancellation));
        await sales.WriteAsync(context, StatusCodes.Status200OK, sale);
    }

    private async Task<Sale?> EndAsync(Guid id, string name)
    {
        var now = Instant.From(time.GetUtcNow());
        var (before, after) = await transactions.FinishAsync<(Sale? Before, Sale? After)>(async db =>
        {
            Instant? end = now;
            var before = await db.Sales.SingleOrDefaultAsync(sale => sale.Id == id);
            if (before is null || before.ClosesAt <= now)
                return WriteResult<(Sale?, Sale?)>.Undone((before, before));
            await db.Sales.Where(sale => sale.Id == id).ExecuteUpdateAsync(set => set.SetProperty(sale => sale.ClosesAt, end));
            return (before, await db.Sales.SingleAsync(sale => sale.Id == id));
        });
        if (!ReferenceEquals(before, after))
            audit.SaleEnded(name, before!, SalePhase.Of(before!, now), after!);
        return after;
    }
}
