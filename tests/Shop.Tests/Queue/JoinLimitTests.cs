using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Tests.Tickets;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>How many people of one address have a place in one sale's line, where that is limited.</summary>
public sealed class JoinLimitTests
{
    [Fact]
    public async Task Where_it_is_switched_on_new_places_of_an_address_are_counted_and_nothing_else_is()
    {
        using var shop = new TicketShop(
            hasValve: true, settings: new Dictionary<string, string> { ["JOIN_RATE_LIMIT_MAX_REQUESTS"] = "2" },
            valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(3);
        var tickets = await shop.AddSaleAsync(3);
        var other = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);
        var sale = await shop.SaleOfAsync(tickets[0]);
        for (var again = 0; again < 3; again++)
        {
            Assert.Equal(200, (await shop.QueueAsync(HttpMethod.Post, sale, users[0])).Status);
            Assert.Equal(200, (await shop.QueueAsync(HttpMethod.Post, sale, users[1])).Status);
        }

        foreach (var refused in (Reply[])[
            await shop.QueueAsync(HttpMethod.Post, sale, users[2]), await shop.PayAsync(users[2], tickets[..1])])
            Assert.Equal((429, "join-ip"), (refused.Status, refused.Json.GetProperty("policy").GetString()));
        Assert.Equal(404, (await shop.QueueAsync(HttpMethod.Get, sale, users[2])).Status);
        Assert.Equal(200, (await shop.QueueAsync(HttpMethod.Post, other, users[2])).Status);
    }

    [Fact]
    public async Task By_default_an_office_is_as_welcome_as_anybody()
    {
        using var shop = new TicketShop(hasValve: true);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(1))[0]);
        foreach (var user in await shop.AddUsersAsync(40))
            Assert.Equal(200, (await shop.QueueAsync(HttpMethod.Post, sale, user)).Status);
    }
}
