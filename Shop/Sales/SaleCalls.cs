using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Sales;

/// <summary>What is for sale, and what a user has bought. Reads only. Safe for use by many threads.</summary>
internal sealed class SaleCalls(ServiceDbFactory databases, ISaleDoor door)
{
    /// <summary>The limit that the routes require.</summary>
    public const string Limit = ShopPolicies.BrowseIp;

    private const int PageSize = 100;
    internal static readonly RequestError UnknownSale = new(StatusCodes.Status404NotFound, "id", "id is unknown: it must name a sale.");

    /// <summary><c>GET /sales</c>: all of them, the next to open last.</summary>
    public async Task ListAsync(HttpContext context)
    {
        await using var db = databases.Create();
        var sales = await db.Sales.OrderBy(sale => sale.OpensAt).ThenBy(sale => sale.Id).ToListAsync(context.RequestAborted);
        var phases = await door.PhasesOfAsync(sales);
        await Replies.WriteJson(
            context, StatusCodes.Status200OK, new SalesReply([.. sales.Zip(phases, ToldOf)]), TicketJson.Default.SalesReply);
    }

    /// <summary><c>GET /sales/{id}</c>.</summary>
    public async Task GetAsync(HttpContext context)
    {
        await using var db = databases.Create();
        if (await FindAsync(db, context) is { } sale)
            await WriteAsync(context, StatusCodes.Status200OK, sale);
        else
            await Replies.WriteError(context, UnknownSale);
    }

    public async Task WriteAsync(HttpContext context, int status, Sale sale) =>
        await Replies.WriteJson(context, status, ToldOf(sale, (await door.PhasesOfAsync([sale]))[0]), TicketJson.Default.SaleReply);

    /// <summary>
    /// <c>GET /sales/{id}/tickets?status=available&amp;after=</c>: a hundred at a time, by id. Ids are random, so a random <c>after</c> is
    /// a random place to look.
    /// </summary>
    public async Task ListTicketsAsync(HttpContext context)
    {
        if (ReadQuery(context, out var status, out var after) is { } error)
        {
            await Replies.WriteError(context, error);
            return;
        }

        await using var db = databases.Create();
        if (await FindAsync(db, context) is not { } sale)
        {
            await Replies.WriteError(context, UnknownSale);
            return;
        }

        var tickets = db.Tickets.Where(ticket => ticket.SaleId == sale.Id && ticket.Status == status);
        if (after is { } last)
            tickets = tickets.Where(ticket => ticket.Id > last);
        var page = await tickets.OrderBy(ticket => ticket.Id).Take(PageSize).Select(ticket => new TicketReply(ticket.Id))
            .ToListAsync(context.RequestAborted);
        var next = page.Count == PageSize ? page[^1].Id : (Guid?)null;
        await Replies.WriteJson(context, StatusCodes.Status200OK, new TicketsReply(page, next), TicketJson.Default.TicketsReply);
    }

    /// <summary><c>GET /ticket/receipts</c>: the caller's, the newest first, at most a hundred.</summary>
    public async Task ListReceiptsAsync(HttpContext context)
    {
        var user = context.User.UserId();
        await using var db = databases.Create();
        var orders = await db.Orders.Where(order => order.UserId == user && order.Status == OrderStatus.Paid)
            .OrderByDescending(order => order.PaidAt).ThenBy(order => order.Id).Take(PageSize).ToListAsync(context.RequestAborted);
        var ids = orders.ConvertAll(order => (Guid?)order.Id);
        var tickets = await db.Tickets.Where(ticket => ids.Contains(ticket.OrderId)).OrderBy(ticket => ticket.Id)
            .ToListAsync(context.RequestAborted);
        var ofOrder = tickets.ToLookup(ticket => ticket.OrderId, ticket => ticket.Id);
        var receipts = orders.ConvertAll(order =>
            new Receipt(order.Id, [.. ofOrder[order.Id]], order.Amount, order.Currency, order.CardLast4, WireTime.Of(order.PaidAt!.Value)));
        await Replies.WriteJson(context, StatusCodes.Status200OK, new ReceiptsReply(receipts), TicketJson.Default.ReceiptsReply);
    }

    private static async Task<Sale?> FindAsync(ServiceDb db, HttpContext context) =>
        Guid.TryParseExact(context.GetRouteValue("id") as string, "D", out var id)
            ? await db.Sales.SingleOrDefaultAsync(sale => sale.Id == id, context.RequestAborted)
            : null;

    private static RequestError? ReadQuery(HttpContext context, out TicketStatus status, out Guid? after)
    {
        status = TicketStatus.Available;
        after = null;
        var query = context.Request.QueryString.Value;
        if (QueryReader.ReadText(query, "status", out var statusText) is { } wrongStatus)
            return wrongStatus;
        if (QueryReader.ReadText(query, "after", out var afterText) is { } wrongAfter)
            return wrongAfter;
        switch (statusText)
        {
            case null or "available":
                break;
            case "held":
                status = TicketStatus.Held;
                break;
            case "sold":
                status = TicketStatus.Sold;
                break;
            default:
                return RequestError.WrongType("status", "none of them", "available, held or sold");
        }

        if (afterText is null)
            return null;
        if (!Guid.TryParseExact(afterText, "D", out var last))
            return RequestError.WrongType("after", "not such an id", "a UUID with dashes");
        after = last;
        return null;
    }

    private static SaleReply ToldOf(Sale sale, string phase) =>
        new(sale.Id, sale.Name, phase, WireTime.Of(sale.OpensAt), sale.Price, sale.Currency, sale.Available, sale.Total);
}
