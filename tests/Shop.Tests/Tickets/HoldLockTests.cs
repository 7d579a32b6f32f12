using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>What purchases of one sale wait for on a database with many writers.</summary>
public sealed class HoldLockTests
{
    [Fact]
    public async Task A_purchase_that_is_slow_on_its_way_to_its_tickets_holds_up_nobody_who_wants_others()
    {
        using var stalled = new HeldStep();
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var shop = new TicketShop(
            database, configure: services => services.AddSingleton<IInterceptor>(new HeldCommand(stalled, "UPDATE \"Tickets\"")));
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        stalled.HoldNext();
        var slow = shop.PayAsync(users[0], tickets[..2]);
        await stalled.Held;

        Assert.Equal(200, (await shop.PayAsync(users[1], tickets[2..])
            .WaitAsync(RawConnection.Patience, TestContext.Current.CancellationToken)).Status);
        Assert.False(slow.IsCompleted);
        stalled.Release();
        Assert.Equal(200, (await slow).Status);
        Assert.Equal("0/0/3", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task Purchases_of_the_same_tickets_named_in_other_orders_wait_for_each_other_in_no_circle()
    {
        const int People = 24;
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var shop = new TicketShop(database);
        var users = await shop.AddUsersAsync(People);
        var tickets = await shop.AddSaleAsync(4);
        var replies = await Task.WhenAll(users.Select((user, i) => shop.PayAsync(user, i % 2 == 0 ? tickets : [.. tickets.Reverse()])));
        Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies, reply => Assert.Contains(reply.Status, new[] { 200, 409 }));
        Assert.Equal("0/0/4", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }
}
