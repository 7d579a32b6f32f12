using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Operators;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// <c>/admin/sales/{id}/valve</c>: an operator looks at a sale's valve, holds the line, lets it go on, changes its caps. Safe for use by
/// many threads.
/// </summary>
internal sealed class ValveAdminCalls(
    OperatorKey operatorKey, SaleValves valves, SalePhases phases, KnownSales sales, Transactions transactions, AuditLog audit,
        ShopAudit shopAudit, TimeProvider time)
{
    private const string PeopleRule = "an integer from 1 to 1,000,000";
    private const long MinWindowMs = 1_000;
    private const long MaxWindowMs = 3_600_000;
    private static readonly BodyField Admissions = new("admissions", BodyFieldKind.Whole, PeopleRule);
    private static readonly BodyField WindowMs = new("windowMs", BodyFieldKind.Whole, "an integer from 1,000 to 3,600,000");
    private static readonly BodyField Checkout = new("checkout", BodyFieldKind.Whole, PeopleRule);
    private static readonly BodyReader Body = new(Admissions, WindowMs, Checkout);

    /// <summary>How the valve stands: 200.</summary>
    public async Task GetAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } sale)
            await WriteAsync(context, await StatusAsync(sale));
    }

    /// <summary>
    /// Holds the line: 200, also where it was held. Whoever was admitted before buys nothing meanwhile: that stands in the books, where
    /// each hold looks.
    /// </summary>
    public Task PauseAsync(HttpContext context) => CommandAsync(context, ValveCommand.Pause);

    /// <summary>Lets the line go on: 200, also where it did.</summary>
    public Task ResumeAsync(HttpContext context) => CommandAsync(context, ValveCommand.Resume);

    /// <summary>Changes the caps that the body names; the others stay: 200.</summary>
    public async Task SetRatesAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } sale)
            return;
        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        error ??= body.ErrorIn(Admissions, 1, ValveRates.Most) ?? body.ErrorIn(WindowMs, MinWindowMs, MaxWindowMs)
            ?? body.ErrorIn(Checkout, 1, ValveRates.Most);
        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        var status = await StatusAsync(sale);
        if (!status.IsFault)
        {
            var now = status.Value.Rates;
            var window = body.Whole(WindowMs) is { } ms ? TimeSpan.FromMilliseconds(ms) : TimeSpan.FromMicroseconds(now.WindowMicroseconds);
            status = await TellAsync(context, sale, status,
                ValveCommand.SetRates(ValveRates.Of(
                    body.Whole(Admissions) ?? now.Admissions, window, body.Whole(Checkout) ?? now.Checkout)));
        }

        await WriteAsync(context, status);
    }

    private async Task CommandAsync(HttpContext context, ValveCommand command)
    {
        if (await FindAsync(context) is not { } sale)
            return;

        // Where either of the two fails, nothing is sold until the operator has said it again.
        if (command.Kind == ValveCommandKind.Pause)
            await NotePauseAsync(sale, isPaused: true);
        var reply = await TellAsync(context, sale, await StatusAsync(sale), command);
        if (command.Kind == ValveCommandKind.Resume && !reply.IsFault)
            await NotePauseAsync(sale, isPaused: false);
        await WriteAsync(context, reply);
    }

    private Task<int> NotePauseAsync(Sale sale, bool isPaused)
    {
        Instant? since = isPaused ? Instant.From(time.GetUtcNow()) : null;
        return transactions.FinishAsync<int>(
            async db => await db.Sales.Where(row => row.Id == sale.Id && (row.PausedAt == null) == isPaused)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.PausedAt, since)));
    }

    private async ValueTask<ValveReply<ValveStatus>> TellAsync(
        HttpContext context, Sale sale, ValveReply<ValveStatus> before, ValveCommand command)
    {
        var reply = await valves.AskAsync(sale, (engine, id, cancellation) => engine.CommandAsync(id, command, cancellation));
        var person = operatorKey.NameOf(context)!;
        if (reply.IsFault)
        {
            audit.Unanswered(person, $"{command.Kind} to the valve of the sale {sale.Id}");
            return reply;
        }

        phases.Told(sale, reply.Value.Phase);
        shopAudit.ValveView(person, sale.Id, command.Kind, before.IsFault ? null : before.Value, reply.Value);
        return reply;
    }

    private ValueTask<ValveReply<ValveStatus>> StatusAsync(Sale sale) =>
        valves.AskAsync(sale, static (engine, id, cancellation) => engine.StatusAsync(id, cancellation));

    /// <summary>Lets operators in and finds the sale, or answers why not.</summary>
    private async ValueTask<Sale?> FindAsync(HttpContext context)
    {
        if (!operatorKey.IsPresented(context))
        {
            await operatorKey.RefuseAsync(context);
            return null;
        }

        var sale = await sales.FindAsync(context);
        if (sale is null)
            await Replies.WriteError(context, SaleCalls.UnknownSale);
        return sale;
    }

    private Task WriteAsync(HttpContext context, ValveReply<ValveStatus> reply)
    {
        if (reply.IsFault)
            return Replies.WriteProblem(context, QueueProblems.Unavailable(reply.Fault, valves.Source));
        var (status, rates, counts) = (reply.Value, reply.Value.Rates, reply.Value.Counts);
        var body = new ValveReplyBody(
            WireNames.Of(status.Phase),
            status.IsPaused,
            rates.Admissions,
            rates.WindowMicroseconds / 1_000,
            rates.Checkout,
            status.Joining,
            status.Waiting,
            status.InCheckout,
            new CountsReply(counts.Joined, counts.Admitted, counts.Left, counts.Died, counts.NoShows, counts.Completed, counts.Abandoned),
            valves.Source);
        return Replies.WriteJson(context, StatusCodes.Status200OK, body, QueueJson.Default.ValveReplyBody);
    }
}
