using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.TestKit.Processes;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>What many sales cost a caller who wants one of them.</summary>
public sealed class ManySalesTests
{
    [Fact]
    public async Task A_refused_purchase_keeps_the_place_in_the_line_of_the_tickets_that_it_names_and_asks_no_other()
    {
        using var shop = NewShop(out var valve, permits: 1);
        var user = (await shop.AddUsersAsync(1))[0];
        var sales = new List<Guid[]>();
        for (var i = 0; i < 20; i++)
        {
            sales.Add(await shop.AddSaleAsync(2));
            await shop.OperateAsync(await shop.SaleOfAsync(sales[i][0]), "pause");
        }

        var sale = await shop.SaleOfAsync(sales[7][0]);
        Assert.Equal(429, (await shop.PayAsync(user, sales[7])).Status);
        Assert.Equal(429, (await shop.PayAsync(user, sales[7])).Status); // too early, which costs the permit
        var refused = await shop.PayAsync(user, sales[7]);
        Assert.Equal((429, false), (refused.Status, refused.Json.TryGetProperty("queue", out _)));
        Assert.Equal([sale], valve().Kept.Select(kept => Guid.Parse(kept.Value)));

        // Longer than a place lives that was told to ask again in a second.
        shop.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, (await shop.QueueAsync(HttpMethod.Get, sale, user)).Json.GetProperty("place").GetInt32());
    }

    [Fact]
    public async Task A_refused_purchase_that_can_never_be_one_keeps_no_place()
    {
        using var shop = NewShop(out var valve, permits: 1);
        var user = (await shop.AddUsersAsync(1))[0];
        var (one, other) = (await shop.AddSaleAsync(1), await shop.AddSaleAsync(1));
        Assert.Equal(400, (await shop.PayAsync(user, [one[0], other[0]])).Status);
        Assert.Equal(429, (await shop.PayAsync(user, [one[0], other[0]])).Status);
        Assert.Equal(429, (await shop.PayAsync(user, [Guid.NewGuid()])).Status);
        Assert.Equal(429, (await shop.PayAsync(user, new { })).Status);
        Assert.Empty(valve().Kept);
    }

    [Fact]
    public async Task A_front_end_that_was_not_asked_before_keeps_the_place_too()
    {
        using var shop = NewShop(out var valve, permits: 1);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        var sale = await shop.SaleOfAsync(tickets[0]);

        // The permit is gone before this front end has heard of the sale.
        Assert.Equal(400, (await shop.PayAsync(user, [Guid.NewGuid()])).Status);
        Assert.Equal(429, (await shop.PayAsync(user, tickets)).Status);
        Assert.Equal([sale], valve().Kept.Select(kept => Guid.Parse(kept.Value)));
    }

    [Fact]
    public async Task The_queues_own_refusal_keeps_the_place_in_a_sale_that_there_is_and_names_from_outside_reach_no_valve()
    {
        using var shop = NewShop(out var valve);
        var user = (await shop.AddUsersAsync(1))[0];
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);
        await shop.OperateAsync(sale, "pause");
        await Eventually.EqualAsync(429, "the queue's own limit", async () => (await shop.QueueAsync(HttpMethod.Post, sale, user)).Status,
            TestContext.Current.CancellationToken);

        Assert.Equal(429, (await shop.QueueAsync(HttpMethod.Get, Guid.NewGuid(), user)).Status);
        Assert.Equal([sale], valve().Kept.Select(kept => Guid.Parse(kept.Value)));
    }

    [Fact]
    public async Task Sales_are_listed_within_one_deadline_though_no_valve_answers()
    {
        using var shop = NewShop(out var valve);
        for (var i = 0; i < 22; i++)
            await shop.AddSaleAsync(1);
        var paused = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);
        await shop.OperateAsync(paused, "pause");
        Assert.Equal("paused", Phases(await shop.GetAsync("/sales"))[paused]);
        shop.Clock.Advance(TimeSpan.FromSeconds(2));

        valve().IsFrozen = true;
        var (began, asked) = (shop.Clock.GetUtcNow(), valve().StatusCalls);
        var phases = Phases(await ListAsync(shop));
        Assert.Equal(SalePhases.Patience, shop.Clock.GetUtcNow() - began);
        Assert.Equal(("paused", 22), (phases[paused], phases.Values.Count(phase => phase == "open")));

        // Whoever comes next waits for the same calls, and when those have ended in vain, for a second for none.
        Assert.Equal(phases, Phases(await ListAsync(shop)));
        Assert.Equal(phases, Phases(await ListAsync(shop)));
        Assert.Equal(asked + 23, valve().StatusCalls);
    }

    [Fact]
    public async Task A_list_asks_a_valve_at_most_once_a_second_and_none_before_the_line_opens()
    {
        using var shop = NewShop(out var valve, preQueueSeconds: 10);
        await shop.AddSaleAsync(1);
        await shop.AddSaleAsync(1, opensIn: TimeSpan.FromSeconds(60));
        for (var i = 0; i < 5; i++)
            Assert.Equal(["open", "scheduled"], Phases(await shop.GetAsync("/sales")).Values.Order());
        Assert.Equal(1, valve().StatusCalls);
        shop.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(["open", "preQueue"], Phases(await shop.GetAsync("/sales")).Values.Order());
        Assert.Equal(3, valve().StatusCalls);
        shop.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["open", "open"], Phases(await shop.GetAsync("/sales")).Values.Order());
    }

    [Fact]
    public void What_is_kept_lately_is_bounded_and_what_is_used_stays()
    {
        var table = new RecentTable<int, int>(100);
        table.Set(-1, 1);
        for (var i = 0; i < 1_000; i++)
        {
            table.Set(i, i);
            Assert.True(table.TryGet(-1, out _));
            Assert.InRange(table.Count, 1, 200);
        }

        Assert.False(table.TryGet(0, out _));
        Assert.Equal(7, table.GetOrAdd(0, _ => 7));
        table.Remove(0);
        Assert.False(table.TryGet(0, out _));
    }

    [Fact]
    public void Look_ups_in_vain_are_bounded_for_each_user_and_others_cost_nothing()
    {
        using var shop = new TicketShop();
        var budget = shop.Get<LookupBudget>();
        var (one, other) = (Guid.NewGuid(), Guid.NewGuid());
        for (var i = 0; i < 2 * LookupBudget.PerMinute; i++)
        {
            Assert.True(budget.TryTake(one));
            budget.GiveBack(one);
        }

        for (var i = 0; i < LookupBudget.PerMinute; i++)
            Assert.True(budget.TryTake(one));
        Assert.False(budget.TryTake(one));
        Assert.True(budget.TryTake(other));
        shop.Clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True(budget.TryTake(one));
    }

    /// <summary>Lists the sales, moving the clock once if somebody waits for valves.</summary>
    private static async Task<Reply> ListAsync(TicketShop shop)
    {
        var hasMoved = false;
        var listing = shop.GetAsync("/sales");
        while (!listing.IsCompleted)
        {
            if (!hasMoved && shop.Clock.IsDueIn(SalePhases.Patience))
            {
                hasMoved = true;
                shop.Clock.Advance(SalePhases.Patience);
            }

            await Task.Yield();
        }

        return await listing;
    }

    private static Dictionary<Guid, string> Phases(Reply reply) =>
        reply.Json.GetProperty("items").EnumerateArray()
            .ToDictionary(sale => sale.GetProperty("id").GetGuid(), sale => sale.GetProperty("phase").GetString()!);

    private static TicketShop NewShop(out Func<RecordingValve> valve, int permits = 10_000, int preQueueSeconds = 900)
    {
        RecordingValve? recording = null;
        var shop = new TicketShop(
            hasValve: true,
            permits: permits,
            configure: services =>
                services.AddSingleton<IValveEngine>(
                    provider => recording = new RecordingValve(new MemoryValve(provider.GetRequiredService<TimeProvider>()))),
            valve: [("PreQueueSeconds", preQueueSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
        valve = () => recording!;
        return shop;
    }
}
