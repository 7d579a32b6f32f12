using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Shop.Line;

namespace OrleansLimiter.Shop.Sales;

/// <summary>The routes of the ticket sale.</summary>
internal static class TicketEndpoints
{
    private const string Tag = "sales";

    public static IEndpointConventionBuilder MapSaleAdmin(this WebApplication app)
    {
        var calls = app.Services.GetRequiredService<SaleAdminCalls>();
        var admin = app.MapGroup("/admin").WithMetadata(new OperatorKey.Required()).WithTags(Tag).ProducesProblems(401, 429, 503);
        admin.MapPost("/sales", calls.MakeAsync).Describe("Makes a sale. For operators.")
            .AcceptsJson<NewSaleBody>().ProducesJson<SaleReply>(201);
        admin.MapPost("/sales/{id}/end", calls.EndAsync).Describe("Ends a sale now. For operators.")
            .ProducesJson<SaleReply>().ProducesProblems(404);
        return admin;
    }

    public static void MapTickets(this IEndpointRouteBuilder routes)
    {
        var calls = routes.ServiceProvider.GetRequiredService<SaleCalls>();
        var pay = routes.ServiceProvider.GetRequiredService<PayTicketCall>();
        routes.MapRead("/sales", calls.ListAsync).WithTags(Tag).RequireLimit(SaleCalls.Limit)
            .Describe("The sales.").ProducesJson<SalesReply>();
        routes.MapRead("/sales/{id}", calls.GetAsync).WithTags(Tag).RequireLimit(SaleCalls.Limit)
            .Describe("A sale.").ProducesJson<SaleReply>().ProducesProblems(404);
        routes.MapRead("/sales/{id}/tickets", calls.ListTicketsAsync).WithTags(Tag).RequireLimit(SaleCalls.Limit)
            .WithQuery("status", "after").Describe("The tickets of a sale, by id, a hundred at a time. Ids are random.")
            .ProducesJson<TicketsReply>().ProducesProblems(404);
        var ticket = routes.MapGroup("/ticket").RequireAuthorization().WithTags(Tag).ProducesProblems(401);
        ticket.MapPost("/pay-ticket", pay.PayAsync).RequireLimit(PayTicketCall.Limit)
            .OnLimitRefused(routes.ServiceProvider.GetRequiredService<QueueCalls>().KeepNamedAsync).WithMetadata(new ReplayGate.Marker())
            .Describe("Buys tickets, all or none.").TakesHeader("Idempotency-Key").TakesHeader("Sale-Admission").AcceptsJson<PurchaseBody>()
            .ProducesJson<Receipt>().ProducesProblems(402, 409, 410, 422);
        ticket.MapRead("/receipts", calls.ListReceiptsAsync).RequireLimit(SaleCalls.Limit)
            .Describe("The caller's receipts, the newest first.").ProducesJson<ReceiptsReply>();
    }
}
