using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Hosting.Writing;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Operators;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// <c>POST /admin/dev/sales</c>: makes a sale for demonstrations and load tests. Development only. Safe for use by many threads.
/// </summary>
internal sealed class DevSalesCall(OperatorKey operatorKey, SaleMaker maker, SaleCalls sales, ShopAudit audit, TimeProvider time)
{
    private const int MaxTickets = 10_000;
    private const long MaxPrice = 1_000_000;
    private const long MaxSeconds = 3_600;
    private const long MaxPerBuyer = 100;
    private const string DefaultName = "A sale";
    private const long DefaultPrice = 4_900;
    private static readonly BodyField Name = new("name", BodyFieldKind.Text);
    private static readonly BodyField Tickets = new("tickets", BodyFieldKind.Whole, "an integer from 1 to 10,000");
    private static readonly BodyField Price = new("price", BodyFieldKind.Whole, "an integer from 0 to 1,000,000");
    private static readonly BodyField OpensInSeconds = new("opensInSeconds", BodyFieldKind.Whole, "an integer from 0 to 3,600");
    private static readonly BodyField MaxPerOrder = new("maxPerOrder", BodyFieldKind.Whole, "an integer from 1 to 100");
    private static readonly BodyField MaxPerUser = new("maxPerUser", BodyFieldKind.Whole, "an integer from 1 to 100");
    private static readonly BodyReader Body = new(Name, Tickets, Price, OpensInSeconds, MaxPerOrder, MaxPerUser);

    /// <summary>Makes it: 201 and the sale as <c>GET /sales/{id}</c> tells it.</summary>
    public async Task MakeAsync(HttpContext context)
    {
        if (operatorKey.NameOf(context) is not { } person)
        {
            await operatorKey.RefuseAsync(context);
            return;
        }

        var (body, error) = await JsonBody.ReadFieldsAsync(context.Request, Body);
        error ??= ErrorIn(body);
        if (error is not null)
        {
            await Replies.WriteError(context, error);
            return;
        }

        var sale = await MakeAsync(body);
        audit.SaleMade(person, sale);
        await sales.WriteAsync(context, StatusCodes.Status201Created, sale);
    }

    private static RequestError? ErrorIn(BodyValues body)
    {
        if (body.Text(Name) is { } name && !SaleDescription.IsName(name))
            return RequestError.WrongType(Name.Name, "not such a text", SaleDescription.NameRule);
        if (body.Whole(Tickets) is null)
            return RequestError.WrongType(Tickets.Name, "missing", Tickets.Rule);
        return body.ErrorIn(Tickets, 1, MaxTickets) ?? body.ErrorIn(Price, 0, MaxPrice) ?? body.ErrorIn(OpensInSeconds, 0, MaxSeconds)
            ?? body.ErrorIn(MaxPerOrder, 1, MaxPerBuyer) ?? body.ErrorIn(MaxPerUser, 1, MaxPerBuyer);
    }

    private Task<Sale> MakeAsync(BodyValues body)
    {
        var count = (int)body.Whole(Tickets)!;
        return maker.MakeAsync(new Sale
        {
            Id = Guid.NewGuid(),
            Name = body.Text(Name) ?? DefaultName,
            OpensAt = Instant.From(time.GetUtcNow() + TimeSpan.FromSeconds(body.Whole(OpensInSeconds) ?? 0)),
            Price = body.Whole(Price) ?? DefaultPrice,
            Currency = "EUR",
            Total = count,
            Available = count,
            MaxPerOrder = (int)(body.Whole(MaxPerOrder) ?? Sale.DefaultMax),
            MaxPerUser = (int)(body.Whole(MaxPerUser) ?? Sale.DefaultMax),
        });
    }
}
