using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Moves tickets between available, held and sold: each move is one transaction that takes along the ticket's order, the sale's counts, the
/// buyer's count and the reply that is kept, so that no crash can part them. An end begins with a compare-and-set of the order, so
/// whichever front end comes first ends it, once. All take their locks in one order, so none waits for another in a circle: the key or the
/// order, the tickets by id, the buyer, the sale. The sale's row, which all want, comes last and is held for a moment. Safe for use by many
/// threads and front ends.
/// </summary>
internal sealed class Inventory(Transactions transactions, AdmissionEnds admissions, TimeProvider time)
{
    /// <summary>How long the front end that holds tickets may take; then any other finishes for it.</summary>
    public static readonly TimeSpan TimeToFinish = TimeSpan.FromSeconds(20);

    /// <summary>How long tickets are held at most, even if nobody can say whether they were paid.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(60);

    /// <summary>Holds all the tickets, or none, and records the order.</summary>
    public async Task<(HoldOutcome Outcome, Order Order)> HoldAsync(HoldRequest request)
    {
        var order = OrderOf(request);
        try
        {
            return (await transactions.RunAsync(db => HoldAsync(db, request, order)), order);
        }
        catch (DbUpdateException duplicate) when (DatabaseFailure.IsDuplicate(duplicate))
        {
            return (HoldOutcome.Overtaken, order);
        }
    }

    /// <summary>Sells what an order holds.</summary>
    /// <returns>The receipt; null if the order has ended otherwise.</returns>
    public Task<Receipt?> SellAsync(Order order)
    {
        var paidAt = Instant.From(time.GetUtcNow());
        return transactions.FinishAsync<Receipt?>(async db =>
        {
            Instant? paid = paidAt;
            if (await Unfinished(db, order)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.Status, OrderStatus.Paid).SetProperty(row => row.PaidAt, paid)) == 0)
                return WriteResult<Receipt?>.Undone(null);
            var sold = await Tickets(db, order).ExecuteUpdateAsync(set => set.SetProperty(ticket => ticket.Status, TicketStatus.Sold));
            MustBeAll(sold, order);
            var tickets = await db.Tickets.Where(ticket => ticket.OrderId == order.Id).OrderBy(ticket => ticket.Id)
                .Select(ticket => ticket.Id).ToListAsync();
            var receipt = new Receipt(order.Id, tickets, order.Amount, order.Currency, order.CardLast4, WireTime.Of(paidAt));
            await KeepAsync(db, order, StatusCodes.Status200OK, JsonSerializer.Serialize(receipt, TicketJson.Default.Receipt));
            await db.Sales.Where(sale => sale.Id == order.SaleId).ExecuteUpdateAsync(set => set
                .SetProperty(sale => sale.Held, sale => sale.Held - order.Tickets)
                .SetProperty(sale => sale.Sold, sale => sale.Sold + order.Tickets));
            return receipt;
        });
    }

    /// <summary>Gives back what an order holds.</summary>
    /// <param name="order">The order.</param>
    /// <param name="end">What becomes of it: declined, failed or lapsed.</param>
    /// <returns>Whether this call did it, and whether the admission that the order used has ended.</returns>
    public Task<Released> ReleaseAsync(Order order, OrderStatus end) => transactions.FinishAsync<Released>(async db =>
    {
        // The turn is not used up: another card may be tried while it lasts.
        string? noAdmission = null;
        if (await Unfinished(db, order)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Status, end).SetProperty(row => row.AdmissionId, noAdmission)) == 0)
            return WriteResult<Released>.Undone(Released.Before);
        Guid? noOrder = null;
        var released = await Tickets(db, order)
            .ExecuteUpdateAsync(set => set.SetProperty(ticket => ticket.Status, TicketStatus.Available)
            .SetProperty(ticket => ticket.OrderId, noOrder));
        MustBeAll(released, order);
        await db.Buyers.Where(buyer => buyer.SaleId == order.SaleId && buyer.UserId == order.UserId)
            .ExecuteUpdateAsync(set => set.SetProperty(buyer => buyer.Tickets, buyer => buyer.Tickets - order.Tickets));
        if (end == OrderStatus.Declined)
            await KeepAsync(db, order, StatusCodes.Status402PaymentRequired, KeptReplies.BodyOf(PurchaseProblems.Declined));
        else
            await db.KeptReplies.Where(reply => reply.OrderId == order.Id).ExecuteDeleteAsync();
        await db.Sales.Where(sale => sale.Id == order.SaleId).ExecuteUpdateAsync(set => set
            .SetProperty(sale => sale.Held, sale => sale.Held - order.Tickets)
            .SetProperty(sale => sale.Available, sale => sale.Available + order.Tickets));
        return order.AdmissionId is { } admission && await admissions.NoteAsync(db, admission, end)
            ? Released.WithItsAdmission
            : Released.Now;
    });

    /// <summary>Ends an order whose hold ran out, once it is known whether a charge was given back.</summary>
    public Task EndLapsedAsync(Order order, OrderStatus end) => transactions.FinishAsync<int>(async db =>
        await db.Orders.Where(row => row.Id == order.Id && row.Status == OrderStatus.Lapsed)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Status, end)));

    private static async Task<WriteResult<HoldOutcome>> HoldAsync(ServiceDb db, HoldRequest request, Order order)
    {
        // Before anything that another request under the same key may have changed is looked at: whatever stands in the way from here on is
        // not that one's doing.
        if (request.Key is { } key && !await KeptReplies.ClaimAsync(db, order, key))
            return WriteResult<HoldOutcome>.Undone(HoldOutcome.Overtaken);
        if (Refusal(await db.Sales.AsNoTracking().SingleAsync(sale => sale.Id == order.SaleId), order) is { } refusal)
            return WriteResult<HoldOutcome>.Undone(refusal);
        if (order.AdmissionId is not null && await db.Orders.AnyAsync(other => other.AdmissionId == order.AdmissionId))
            return WriteResult<HoldOutcome>.Undone(HoldOutcome.AdmissionUsed);
        if (!await MayBuyAsync(db, order, request.Sale.MaxPerUser))
            return WriteResult<HoldOutcome>.Undone(HoldOutcome.TicketLimit);

        db.Add(order);
        await db.SaveChangesAsync();
        db.ChangeTracker.Clear();
        if (request.Key is not null)
            await KeptReplies.BindAsync(db, order, request.Key);
        await db.LockTicketsAsync(request.Tickets);
        Guid? orderId = order.Id;
        var held = await db.Tickets
            .Where(ticket => request.Tickets.Contains(ticket.Id) && ticket.SaleId == order.SaleId
                && ticket.Status == TicketStatus.Available)
            .ExecuteUpdateAsync(set => set.SetProperty(ticket => ticket.Status, TicketStatus.Held)
                .SetProperty(ticket => ticket.OrderId, orderId));
        if (held != order.Tickets)
            return WriteResult<HoldOutcome>.Undone(HoldOutcome.TicketGone);
        if (!await CountAsync(db, order, request.Sale.MaxPerUser))
            return WriteResult<HoldOutcome>.Undone(HoldOutcome.TicketLimit);
        return await TakeAsync(db, order);
    }

    /// <summary>
    /// The last step of a hold, which commits right after it: the sale's counts, and what only its row's lock makes sure of.
    /// </summary>
    private static async Task<WriteResult<HoldOutcome>> TakeAsync(ServiceDb db, Order order)
    {
        var taken = await db.Sales
            .Where(sale => sale.Id == order.SaleId && sale.Available >= order.Tickets && sale.PausedAt == null
                && (sale.ClosesAt == null || sale.ClosesAt > order.CreatedAt))
            .ExecuteUpdateAsync(set => set
                .SetProperty(sale => sale.Available, sale => sale.Available - order.Tickets)
                .SetProperty(sale => sale.Held, sale => sale.Held + order.Tickets));
        if (taken == 0)
            return WriteResult<HoldOutcome>.Undone(
                Refusal(await db.Sales.AsNoTracking().SingleAsync(sale => sale.Id == order.SaleId), order) ?? HoldOutcome.TicketGone);
        if (order.AdmissionId is not null && await AdmissionEnds.IsEndedAsync(db, order.AdmissionId))
            return WriteResult<HoldOutcome>.Undone(HoldOutcome.AdmissionEnded);
        return HoldOutcome.Held;
    }

    /// <summary>Why a sale as it stands sells no such order; null: it may.</summary>
    private static HoldOutcome? Refusal(Sale sale, Order order)
    {
        if (sale.ClosesAt <= order.CreatedAt)
            return HoldOutcome.Closed;
        if (sale.PausedAt is not null)
            return HoldOutcome.Paused;
        if (sale.Available + sale.Held == 0)
            return HoldOutcome.SoldOut;
        return sale.Available < order.Tickets ? HoldOutcome.TicketGone : null;
    }

    /// <summary>
    /// Whether a buyer may have so many more, as it is now: it saves the work of a hold that <see cref="CountAsync"/> would refuse.
    /// </summary>
    private static async Task<bool> MayBuyAsync(ServiceDb db, Order order, int max) =>
        !await db.Buyers.AnyAsync(buyer => buyer.SaleId == order.SaleId && buyer.UserId == order.UserId
            && buyer.Tickets + order.Tickets > max);

    /// <summary>Counts the tickets to the buyer, unless they would be too many.</summary>
    private static async Task<bool> CountAsync(ServiceDb db, Order order, int max)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO "Buyers" ("SaleId", "UserId", "Tickets") VALUES ({order.SaleId}, {order.UserId}, 0)
            ON CONFLICT ("SaleId", "UserId") DO NOTHING
            """);
        return await db.Buyers.Where(buyer => buyer.SaleId == order.SaleId && buyer.UserId == order.UserId
            && buyer.Tickets + order.Tickets <= max)
            .ExecuteUpdateAsync(set => set.SetProperty(buyer => buyer.Tickets, buyer => buyer.Tickets + order.Tickets)) == 1;
    }

    private static IQueryable<Order> Unfinished(ServiceDb db, Order order) =>
        db.Orders.Where(row => row.Id == order.Id && row.Status == OrderStatus.Held);

    private static IQueryable<Ticket> Tickets(ServiceDb db, Order order) =>
        db.Tickets.Where(ticket => ticket.OrderId == order.Id && ticket.Status == TicketStatus.Held);

    private static Task<int> KeepAsync(ServiceDb db, Order order, int status, string body) =>
        db.KeptReplies.Where(reply => reply.OrderId == order.Id)
        .ExecuteUpdateAsync(set => set.SetProperty(reply => reply.Status, status).SetProperty(reply => reply.Body, body));

    private static void MustBeAll(int moved, Order order)
    {
        if (moved != order.Tickets)
            throw new InvalidOperationException(
                $"The order {order.Id} is for {order.Tickets} tickets and {moved} could be moved: the tables are damaged. Nothing was "
                + $"changed.");
    }

    private Order OrderOf(HoldRequest request)
    {
        var now = time.GetUtcNow();
        return new Order
        {
            Id = Guid.NewGuid(),
            SaleId = request.Sale.Id,
            UserId = request.UserId,
            Tickets = request.Tickets.Count,
            Amount = request.Sale.Price * request.Tickets.Count,
            Currency = request.Sale.Currency,
            CardLast4 = request.Card.Last4,
            AdmissionId = request.AdmissionId,
            CreatedAt = Instant.From(now),
            DueAt = Instant.From(now + TimeToFinish),
            HeldUntil = Instant.From(now + TimeToLive),
        };
    }
}
