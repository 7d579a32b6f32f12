using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Operations;
using OrleansLimiter.Api.Queue;
using OrleansLimiter.Api.Reading;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Api.Tickets;

/// <summary><c>POST /admin/sales</c> and <c>POST /admin/sales/{id}/end</c>: an operator makes a sale, and ends one. Safe for use by many threads.</summary>
internal sealed partial class SaleAdminCalls(
    OperatorKey operatorKey, SaleMaker maker, Transactions transactions, SaleCalls sales, KnownSales known, SaleValves valves, TimeProvider time, ILogger<SaleAdminCalls> logger)
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
        var (opensAt, closesAt) = (WireTime.Of(sale!.OpensAt), TimeOf(sale.ClosesAt));
        LogMade(logger, name, sale.Id, sale.Name, sale.Total, sale.Price, sale.Currency, opensAt, closesAt, sale.MaxPerOrder, sale.MaxPerUser);
        context.Response.Headers.Location = $"/sales/{sale.Id}";
        await sales.WriteAsync(context, StatusCodes.Status201Created, sale);
    }

    /// <summary>Ends a sale now, whether it has opened or not: 200 and the sale, also where it was over. Purchases whose tickets are held are finished.</summary>
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
                return Written<(Sale?, Sale?)>.Undone((before, before));
            await db.Sales.Where(sale => sale.Id == id).ExecuteUpdateAsync(set => set.SetProperty(sale => sale.ClosesAt, end));
            return (before, await db.Sales.SingleAsync(sale => sale.Id == id));
        });
        if (ReferenceEquals(before, after))
            return after;
        var (phase, closesAt) = (SalePhase.Of(before!, now), TimeOf(before!.ClosesAt));
        LogEnded(logger, name, id, phase, closesAt, after!.Sold, after.Held, after.Available);
        return after;
    }

    private static DateTime? TimeOf(Instant? instant) => instant is { } end ? WireTime.Of(end) : null;

    [LoggerMessage(EventId = 1, EventName = "SaleMade", Level = LogLevel.Information, Message = "The operator {Operator} made the sale {Sale}, {Name}: {Tickets} tickets at {Price} {Currency} (smallest unit), from {OpensAt:O} to {ClosesAt:O}, at most {MaxPerOrder} in an order and {MaxPerUser} for one user.")]
    private static partial void LogMade(ILogger logger, string @operator, Guid sale, string name, int tickets, long price, string currency, DateTime opensAt, DateTime? closesAt, int maxPerOrder, int maxPerUser);

    [LoggerMessage(EventId = 2, EventName = "SaleEnded", Level = LogLevel.Information, Message = "The operator {Operator} ended the sale {Sale}, which was {Phase} and would have ended {ClosesAt:O}: {Sold} tickets sold, {Held} held, {Left} left.")]
    private static partial void LogEnded(ILogger logger, string @operator, Guid sale, string phase, DateTime? closesAt, int sold, int held, int left);
}
