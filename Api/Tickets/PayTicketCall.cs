using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Auth;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Api.Operations;
using OrleansLimiter.Api.Reading;
using OrleansLimiter.Api.Writing;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Api.Tickets;

/// <summary>
/// <c>POST /ticket/pay-ticket</c>: who calls, the limit, the request's shape, what was answered under its key, what it asks for, the door, the purchase; in this order. Safe for use by many threads.
/// </summary>
internal sealed class PayTicketCall(ServiceDbFactory databases, KeptReplies kept, ISaleDoor door, Purchases purchases, ShapeRefunds refunds, ShopMetrics metrics)
{
    /// <summary>The limit that the route requires.</summary>
    public const string Limit = "buy-ticket";

    private const string KeyHeader = "Idempotency-Key";
    private static readonly RequestError WrongKey = RequestError.WrongType(KeyHeader, "not such a key", "1 to 255 visible ASCII characters, once");
    private static readonly RequestError UnknownTicket = RequestError.WrongType("ticketUuids", "not known as a whole", "ids of tickets that exist");
    private static readonly RequestError TwoSales = RequestError.WrongType("ticketUuids", "of more than one sale", "tickets of one sale");

    /// <summary>Buys tickets: 200 and a receipt, or why not.</summary>
    public async Task PayAsync(HttpContext context)
    {
        if (JsonBody.ErrorInHeader(context.Request) is { } wrongHeader)
        {
            await RefuseShapeAsync(context, wrongHeader);
            return;
        }

        var (body, error) = await JsonBody.ReadAsync<PayTicketBody?>(context.Request, (json, out read) => PayTicketBody.Read(json, kept.MacOf(json), out read));
        RequestKey? key = null;
        error ??= ReadKey(context, body!.Mac, out key);
        if (error is not null)
            await RefuseShapeAsync(context, error);
        else if (key is null || !await IsAnsweredAsync(context, key))
            await PayAsync(context, body!, key);
    }

    private static RequestError? ReadKey(HttpContext context, byte[] mac, out RequestKey? key)
    {
        key = null;
        var values = context.Request.Headers[KeyHeader];
        if (values.Count == 0)
            return null;
        var text = values.Count == 1 ? values[0] ?? string.Empty : string.Empty;
        if (text.Length is 0 or > KeptReply.MaxKey || text.Any(c => c is < '!' or > '~'))
            return WrongKey;
        key = new RequestKey(text, mac);
        return null;
    }

    private async Task RefuseShapeAsync(HttpContext context, RequestError error)
    {
        if (error.Status == StatusCodes.Status400BadRequest)
            await refunds.RefundAsync(context);
        await Replies.WriteError(context, error);
    }

    /// <summary>Answers what was answered before, or that it is not answered yet; a replay costs no permit.</summary>
    /// <returns>Whether there was anything.</returns>
    private async Task<bool> IsAnsweredAsync(HttpContext context, RequestKey key)
    {
        if (await kept.FindAsync(context.User.UserId(), key, context.RequestAborted) is not { } reply)
            return false;
        if (!CryptographicOperations.FixedTimeEquals(reply.BodyMac, key.BodyMac))
        {
            await Replies.WriteProblem(context, PurchaseProblems.OtherBody);
            return true;
        }

        await context.GetRequestLimits()!.RefundAsync(Limit);
        if (reply.Status == 0)
            await Replies.WriteProblem(context, PurchaseProblems.Running);
        else
            await Replies.WriteBytes(context, reply.Status, reply.Status == StatusCodes.Status200OK ? Replies.Json : Problem.MediaType, Encoding.UTF8.GetBytes(reply.Body));
        return true;
    }

    private async Task PayAsync(HttpContext context, PayTicketBody body, RequestKey? key)
    {
        var (sale, error) = await FindSaleAsync(body.Tickets, context.RequestAborted);
        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        if (body.Tickets.Count > sale!.MaxPerOrder)
        {
            await RefuseAsync(context, key, PurchaseProblems.TicketLimit(sale));
            return;
        }

        var turn = await door.AskAsync(context, sale);
        if (turn.Refusal is { } refusal)
        {
            if (turn.IsFree)
                await context.GetRequestLimits()!.RefundAsync(Limit);
            await RefuseAsync(context, key, refusal);
            return;
        }

        var user = context.User.UserId();
        var purchase = Purchase.Unknown;
        try
        {
            purchase = metrics.Counted(await purchases.BuyAsync(new HoldRequest(sale, user, body.Tickets, body.Card, turn.Admission?.Id.ToString(), key)));
        }
        finally
        {
            await door.LeaveAsync(turn, purchase.Kind == PurchaseKind.Paid);
        }

        await ReplyAsync(context, key, purchase);
    }

    private async Task<(Sale? Sale, RequestError? Error)> FindSaleAsync(IReadOnlyList<Guid> tickets, CancellationToken cancellationToken)
    {
        await using var db = databases.Create();
        var sales = await db.Tickets.Where(ticket => tickets.Contains(ticket.Id)).GroupBy(ticket => ticket.SaleId)
            .Select(group => new { SaleId = group.Key, Count = group.Count() }).ToListAsync(cancellationToken);
        if (sales.Sum(sale => sale.Count) < tickets.Count)
            return (null, UnknownTicket);
        if (sales.Count > 1)
            return (null, TwoSales);
        var id = sales[0].SaleId;
        return (await db.Sales.SingleAsync(sale => sale.Id == id, cancellationToken), null);
    }

    private async Task ReplyAsync(HttpContext context, RequestKey? key, Purchase purchase)
    {
        switch (purchase.Kind)
        {
            case PurchaseKind.Paid:
                await Replies.WriteBytes(context, StatusCodes.Status200OK, Replies.Json, JsonSerializer.SerializeToUtf8Bytes(purchase.Receipt!, TicketJson.Default.Receipt));
                break;
            case PurchaseKind.Refused:
                await RefuseAsync(context, key, purchase.Problem!);
                break;
            case PurchaseKind.Overtaken:
                // What was there first has an answer, or will have one.
                if (key is null || !await IsAnsweredAsync(context, key))
                    await Replies.WriteProblem(context, PurchaseProblems.AdmissionUsed);
                break;
            case PurchaseKind.NotPaid:
                await Replies.WriteBusy(context, "The payment failed for a technical reason: nothing was charged, and the tickets were given back.", "paymentUnavailable");
                break;
            default:
                await Replies.WriteBusy(context, "Whether the payment was made is not known yet: it will be settled within a minute, and your receipts will say so.", "paymentUnavailable");
                break;
        }
    }

    /// <summary>Refuses; a 409 is kept under the request's key. A 402 was kept with its order.</summary>
    private async Task RefuseAsync(HttpContext context, RequestKey? key, Problem problem)
    {
        if (key is not null && problem.Status == StatusCodes.Status409Conflict)
            await kept.KeepAsync(context.User.UserId(), key, problem);
        await Replies.WriteProblem(context, problem);
    }
}
