using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;
using OrleansLimiter.Hosting.Reading;
using OrleansLimiter.Shop.Line;

namespace OrleansLimiter.Shop.Sales;

/// <summary>The routes of the ticket sale.</summary>
internal static class TicketEndpoints
{
    /// <summary>Maps the operators' routes.</summary>
    public static IEndpointConventionBuilder MapSaleAdmin(this WebApplication app)
    {
        var calls = app.Services.GetRequiredService<SaleAdminCalls>();
        var admin = app.MapGroup("/admin").WithMetadata(new OperatorKey.Required());
        admin.MapPost("/sales", calls.MakeAsync);
        admin.MapPost("/sales/{id}/end", calls.EndAsync);
        return admin;
    }

    /// <summary>Maps them.</summary>
    public static void MapTickets(this IEndpointRouteBuilder routes)
    {
        var calls = routes.ServiceProvider.GetRequiredService<SaleCalls>();
        var pay = routes.ServiceProvider.GetRequiredService<PayTicketCall>();
        routes.MapRead("/sales", calls.ListAsync).RequireLimit(SaleCalls.Limit);
        routes.MapRead("/sales/{id}", calls.GetAsync).RequireLimit(SaleCalls.Limit);
        routes.MapRead("/sales/{id}/tickets", calls.ListTicketsAsync).WithQuery("status", "after").RequireLimit(SaleCalls.Limit);
        var ticket = routes.MapGroup("/ticket").RequireAuthorization();
        ticket.MapPost("/pay-ticket", pay.PayAsync).RequireLimit(PayTicketCall.Limit).OnLimitRefused(routes.ServiceProvider.GetRequiredService<QueueCalls>().KeepNamedAsync).WithMetadata(new ReplayGate.Marker());
        ticket.MapRead("/receipts", calls.ListReceiptsAsync).RequireLimit(SaleCalls.Limit);
    }
}
