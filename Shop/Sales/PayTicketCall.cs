using System.Text.Json;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Service;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Metrics;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// <c>POST /ticket/pay-ticket</c>: who calls, what was answered under its key, the limit, the request's shape, what it asks for, the door,
/// the purchase; in this order. Safe for use by many threads.
/// </summary>
internal sealed class PayTicketCall(
    TicketSales ticketSales, KnownSales known, KeptReplies kept, ReplayGate replays, ISaleDoor door, Purchases purchases,
        ShapeRefunds refunds, ShopMetrics metrics, LimitService limits)
{
    /// <summary>The limit that the route requires.</summary>
    public const string Limit = ShopPolicies.BuyTicket;

    private static readonly RequestError UnknownTicket = RequestError.WrongType(
        "ticketUuids", "not known as a whole", "ids of tickets that exist");
    private static readonly RequestError TwoSales = RequestError.WrongType("ticketUuids", "of more than one sale", "tickets of one sale");

    /// <summary>Buys tickets: 200 and a receipt, or why not.</summary>
    public async Task PayAsync(HttpContext context)
    {
        var request = await PayTicketRequest.OfAsync(context, kept);
        if (request.Error is { } error)
            await RefuseShapeAsync(context, error);
        else if (request.Key is not { } key || !await replays.IsAnsweredAsync(context, key, isFirst: true))
            await PayAsync(context, request.Body!, request.Key);
    }

    private async Task RefuseShapeAsync(HttpContext context, RequestError error)
    {
        if (error.Status == StatusCodes.Status400BadRequest)
            await refunds.RefundAsync(context);
        await Replies.WriteError(context, error);
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
            purchase = metrics.Counted(await purchases.BuyAsync(
                new HoldRequest(sale, user, body.Tickets, body.Card, turn.Admission?.Id.ToString(), key)));
        }
        catch (DatabaseBusyException)
        {
            await context.GetRequestLimits()!.RefundAsync(Limit);
            throw;
        }
        finally
        {
            known.Forget(sale.Id); // its counts are others now: whoever comes next shall be told so
            if (turn.Admission is { } admission)
                await door.LeaveAsync(admission, purchase.Turn);
        }

        await ReplyAsync(context, key, purchase);
    }

    private async Task<(Sale? Sale, RequestError? Error)> FindSaleAsync(IReadOnlyList<Guid> tickets, CancellationToken cancellationToken)
    {
        var sales = await ticketSales.FindAsync(tickets, cancellationToken);
        return sales switch
        {
            null => (null, UnknownTicket),
            { Count: > 1 } => (null, TwoSales),
            _ => await known.FindAsync(sales.First(), cancellationToken) is { } sale ? (sale, null) : (null, UnknownTicket),
        };
    }

    private async Task ReplyAsync(HttpContext context, RequestKey? key, Purchase purchase)
    {
        switch (purchase.Kind)
        {
            case PurchaseKind.Paid:
                await Replies.WriteBytes(context, StatusCodes.Status200OK, Replies.Json,
                    JsonSerializer.SerializeToUtf8Bytes(purchase.Receipt!, TicketJson.Default.Receipt));
                break;
            case PurchaseKind.Refused:
                if (purchase.IsFree)
                    await context.GetRequestLimits()!.RefundAsync(Limit);
                await RefuseAsync(context, key, purchase.IsFree ? purchase.Problem! with { Source = limits.Source } : purchase.Problem!);
                break;
            case PurchaseKind.Overtaken:
                // What was there first has an answer, or will have one; or it has just ended without, and the same request makes sense
                // again.
                if (key is null || !await replays.IsAnsweredAsync(context, key, isFirst: false))
                    await Replies.WriteProblem(context, key is null ? PurchaseProblems.AdmissionUsed : PurchaseProblems.Running);
                break;
            case PurchaseKind.NotPaid:
                await Replies.WriteBusy(context,
                    "The payment failed for a technical reason: nothing was charged, and the tickets were given back.",
                    "paymentUnavailable");
                break;
            default:
                await Replies.WriteBusy(context,
                    "Whether the payment was made is not known yet: it will be settled within a minute, and your receipts will say so.",
                    "paymentUnavailable");
                break;
        }
    }

    /// <summary>
    /// Refuses. A 409 that is final is kept under the request's key (a 402 was kept with its order). Where another request under the key
    /// was there first, what it got is the answer: any refusal may be its doing, such as a place in the line that its purchase has just
    /// left.
    /// </summary>
    private async Task RefuseAsync(HttpContext context, RequestKey? key, Problem problem)
    {
        var isOvertaken = key is not null && problem.Status != StatusCodes.Status402PaymentRequired
            && !(PurchaseProblems.IsFinal(problem) && await kept.KeepAsync(context.User.UserId(), key, problem));
        if (!isOvertaken || !await replays.IsAnsweredAsync(context, key!, isFirst: false))
            await Replies.WriteProblem(context, problem);
    }
}
