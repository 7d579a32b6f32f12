using OrleansLimiter.Shop.Metrics;
using OrleansLimiter.Shop.Tests.Tickets;
using Xunit;

namespace OrleansLimiter.Shop.Tests;

/// <summary>What <c>/metrics</c> tells of the ticket sale.</summary>
public sealed class ShopMetricsTests
{
    [Fact]
    public async Task Valve_line_purchases_and_payments_are_measured()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(3);
        var tickets = await shop.AddSaleAsync(3);
        var sale = await shop.SaleOfAsync(tickets[0]);
        Assert.Equal(200, (await shop.PayAsync(users[0], [tickets[0]])).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(402, (await shop.PayAsync(users[1], [tickets[1]], card: "4000 0000 0000 0002")).Status);
        await shop.QueueAsync(HttpMethod.Post, sale, users[2]);
        await shop.OperateAsync(sale, "pause");

        var text = (await shop.GetAsync("/metrics")).Body;

        Assert.Contains("\norleanslimiter_purchases_total{outcome=\"paid\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_purchases_total{outcome=\"declined\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "\norleanslimiter_payment_duration_seconds_count{call=\"charge\",outcome=\"charged\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "\norleanslimiter_payment_duration_seconds_count{call=\"charge\",outcome=\"declined\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_queue_answers_total{state=\"admitted\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\norleanslimiter_queue_answers_total{state=\"waiting\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"\norleanslimiter_valve_people{{sale=\"{sale}\",state=\"waiting\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"\norleanslimiter_valve_people{{sale=\"{sale}\",state=\"checkout\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"\norleanslimiter_valve_paused{{sale=\"{sale}\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"\norleanslimiter_valve_places_total{{sale=\"{sale}\",event=\"completed\"}} 1\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_valve_is_asked_anew_by_whoever_reads_the_metrics_and_the_next_reading_tells()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(2);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(2))[0]);
        foreach (var user in users)
            await shop.QueueAsync(HttpMethod.Post, sale, user);

        await shop.Get<ShopMetrics>().Gauges.AskAsync();

        Assert.Contains($"\norleanslimiter_valve_people{{sale=\"{sale}\",state=\"waiting\"}} 1\n", (await shop.GetAsync("/metrics")).Body,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sale_that_nobody_asks_for_any_more_leaves_the_metrics()
    {
        using var shop = new TicketShop(hasValve: true);
        var users = await shop.AddUsersAsync(1);
        var (ended, other) = (await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]),
            await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]));
        await shop.QueueAsync(HttpMethod.Post, ended, users[0]);
        await shop.QueueAsync(HttpMethod.Post, other, users[0]);
        await shop.OperateAsync($"/admin/sales/{ended}/end", null);
        Assert.Equal(2, SalesIn((await shop.GetAsync("/metrics")).Body));

        shop.Clock.Advance(TimeSpan.FromMinutes(9));
        await shop.QueueAsync(HttpMethod.Get, other, users[0]);
        Assert.Equal(2, SalesIn((await shop.GetAsync("/metrics")).Body));
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        var text = (await shop.GetAsync("/metrics")).Body;
        Assert.Equal(1, SalesIn(text));
        Assert.DoesNotContain(ended.ToString(), text, StringComparison.Ordinal);

        static int SalesIn(string text) =>
            text.Split('\n').Count(line => line.StartsWith("orleanslimiter_valve_paused{", StringComparison.Ordinal));
    }
}
