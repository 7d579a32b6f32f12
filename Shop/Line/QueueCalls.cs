using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// <c>/sales/{id}/queue</c>: a caller joins the line, asks, and leaves; and <c>GET /sales/{id}/draw</c>. Safe for use by many threads.
/// </summary>
internal sealed class QueueCalls(
    SaleValves valves, KnownSales sales, TicketSales ticketSales, AdmissionEnds admissions, DrawDocuments draws, JoinLimit joins,
        KeptReplies kept, ValveSettings settings)
{
    /// <summary>The limit that the queue's routes require.</summary>
    public const string Limit = ShopPolicies.QueueUser;

    /// <summary>The limit that a look at the draw requires.</summary>
    public const string DrawLimit = ShopPolicies.DrawIp;

    // A hundred tickets and a card need less; what is longer is not read of a request that is refused anyway.
    internal const int LongestPurchase = 8 * 1024;

    /// <summary>Gives the caller a place, or answers for the one that there is: 202 while it is being stored, else 200.</summary>
    public async Task JoinAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } sale)
            return;
        if (await joins.AskAsync(context, sale, SaleValves.NameOf(context.User.UserId())) is { } tooMany)
            await Replies.WriteProblem(context, tooMany);
        else
            await AnswerAsync(context, sale, static (engine, id, user, cancellation) => engine.JoinAsync(id, user, cancellation));
    }

    /// <summary>Answers how the caller stands, and keeps the place alive: 200.</summary>
    public async Task PollAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } sale)
            await AnswerAsync(context, sale, static (engine, id, user, cancellation) => engine.PollAsync(id, user, cancellation));
    }

    /// <summary>
    /// Gives the caller's place up, or the admission: 204, also where there was none. An admission may be on its way to a purchase: it ends
    /// in the books first, so that nothing can be bought with it, and then gives its slot back.
    /// </summary>
    public async Task LeaveAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } sale)
            return;
        var user = SaleValves.NameOf(context.User.UserId());
        var reply = await valves.AskAsync(sale, (engine, id, cancellation) => engine.LeaveAsync(id, user, cancellation));
        if (reply is { IsFault: false, Value: PlaceEnded.Admitted })
        {
            var told = await valves.AskAsync(sale, (engine, id, cancellation) => engine.PollAsync(id, user, cancellation));
            if (told.Value.Admission is { } admission && await admissions.EndAsync(admission))
                await valves.EndAsync(admission, TurnEnd.Ended);
            reply = new ValveReply<PlaceEnded>(reply.Value, told.Fault);
        }

        if (reply.IsFault)
            await Replies.WriteProblem(context, QueueProblems.Unavailable(reply.Fault, valves.Source));
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Publishes what the draw can be checked by: 200, or 304 to who has it.</summary>
    public async Task DrawAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } sale)
            return;
        var reply = await draws.OfAsync(sale);
        if (reply.IsFault)
        {
            await Replies.WriteProblem(context, QueueProblems.Unavailable(reply.Fault, valves.Source));
            return;
        }

        var document = reply.Value;
        var headers = context.Response.Headers;
        headers.ETag = document.ETag;
        headers.CacheControl = document.IsFinal ? "public, max-age=3600" : "no-store";
        if (context.Request.Headers.IfNoneMatch.Any(
            tags => tags is not null && (tags == "*" || tags.Contains(document.ETag, StringComparison.Ordinal))))
            context.Response.StatusCode = StatusCodes.Status304NotModified;
        else
            await Replies.WriteBytes(context, StatusCodes.Status200OK, Replies.Json, document.Body);
    }

    /// <summary>Keeps the caller's place in this line though the limit has refused the request.</summary>
    public async ValueTask KeepOneAsync(HttpContext context, LimitAnswer refusal)
    {
        var user = context.User.UserId();
        if (await sales.IsKnownAsync(context, user))
            await valves.KeepAsync(user, KnownSales.Named(context)!.Value, refusal.RetryAfter);
    }

    /// <summary>
    /// Keeps the caller's place in the line of the tickets that a refused purchase names. Tickets of two sales can never be bought, so they
    /// keep no place.
    /// </summary>
    public async ValueTask KeepNamedAsync(HttpContext context, LimitAnswer refusal)
    {
        if (context.Request.ContentLength > LongestPurchase || (await PayTicketRequest.OfAsync(context, kept)).Body is not { } body)
            return;
        var user = context.User.UserId();
        if (await ticketSales.FindOneAsync(user, body.Tickets, context.RequestAborted) is { } sale)
            await valves.KeepAsync(user, sale, refusal.RetryAfter);
    }

    private async Task AnswerAsync(
        HttpContext context, Sale sale, Func<IValveEngine, SaleId, UserId, CancellationToken, ValueTask<ValveReply<ValveAnswer>>> ask)
    {
        var user = SaleValves.NameOf(context.User.UserId());
        var reply = await valves.AskAsync(sale, (engine, id, cancellation) => ask(engine, id, user, cancellation));
        if (reply.IsFault)
            await Replies.WriteProblem(context, QueueProblems.Unavailable(reply.Fault, valves.Source));
        else if (QueueProblems.WithoutPlace(reply.Value, sale, valves.Source) is { } none)
            await Replies.WriteProblem(context, none);
        else
            await WriteAsync(context, reply.Value);
    }

    /// <summary>Finds the sale, or answers why it cannot be asked for.</summary>
    private async ValueTask<Sale?> FindAsync(HttpContext context)
    {
        var sale = await sales.FindAsync(context);
        if (sale is null)
            await Replies.WriteError(context, SaleCalls.UnknownSale);
        return sale;
    }

    private Task WriteAsync(HttpContext context, ValveAnswer answer)
    {
        var status = answer.State == QueueState.Joining ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        var body = new QueueReply(
            WireNames.Of(answer.State),
            answer.Position,
            answer.Eta?.SecondsUp,
            answer.PollAfter.MillisecondsUp,
            answer.Place == 0 ? null : answer.Place,
            answer.Admission is { } admission ? AdmissionToken.Sign(admission, settings.Keys) : null);
        return Replies.WriteJson(context, status, body, QueueJson.Default.QueueReply);
    }
}
