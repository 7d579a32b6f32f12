using OrleansLimiter.Shop.Tests.Tickets;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>What operators do to a line is written down.</summary>
public sealed class ValveAuditTests
{
    [Fact]
    public async Task Whoever_tells_a_valve_something_is_named_with_what_was_before_and_after()
    {
        using var shop = new TicketShop(hasValve: true);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);

        await shop.OperateAsync(sale, "pause");
        await shop.OperateAsync(sale, "rates", new { admissions = 7 });
        await shop.MakeSaleAsync(new { tickets = 3 });

        var lines = shop.Service.Log.Audited;
        Assert.Equal(
            [
                $"Information OrleansLimiter.Audit: The operator dev-operator told the valve of the sale {sale}: Pause. Before: open, 100 "
                    + $"in 1000 ms, at most 500 in checkout; after: paused, 100 in 1000 ms, at most 500 in checkout.",
                $"Information OrleansLimiter.Audit: The operator dev-operator told the valve of the sale {sale}: SetRates. Before: paused, "
                    + $"100 in 1000 ms, at most 500 in checkout; after: paused, 7 in 1000 ms, at most 500 in checkout.",
            ],
            lines[..2]);
        Assert.Matches(
            "^Information OrleansLimiter.Audit: The operator dev-operator made the sale [0-9a-f-]{36}, A sale. Before: none; after: 3 "
            + "tickets at 4900 EUR \\(smallest unit\\), from .{28} to its last ticket, at most 4 in an order and 4 for one user.$",
            lines[2]);
    }
}
