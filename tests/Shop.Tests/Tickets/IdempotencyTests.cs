using Microsoft.EntityFrameworkCore;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>Purchases under an <c>Idempotency-Key</c>.</summary>
public sealed class IdempotencyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task The_same_request_again_is_answered_the_same_and_costs_neither_money_nor_a_permit(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database, permits: 5);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var first = await shop.PayAsync(user, [tickets[0]], key: "order-1");
        for (var i = 0; i < 10; i++)
        {
            var again = await shop.PayAsync(user, [tickets[0]], key: "order-1");
            Assert.Equal((200, first.Body, "application/json", null),
                (again.Status, again.Body, again.Header("Content-Type"), again.Header("RateLimit")));
        }

        Assert.Equal("\"buy-ticket\";r=3;t=60", (await shop.PayAsync(user, [tickets[1]])).Header("RateLimit"));

        Assert.Equal("1/0/2", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_replay_is_answered_whatever_the_limit_says(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database, permits: 2);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(4);
        var bought = await shop.PayAsync(users[0], [tickets[0]], key: "bought");
        var declined = await shop.PayAsync(users[0], [tickets[1]], "4000000000000002", "declined");
        Assert.Equal((200, 402, 429), (
            bought.Status, declined.Status, (await shop.PayAsync(users[0], [tickets[1]], key: "another")).Status));

        var again = await shop.PayAsync(users[0], [tickets[0]], key: "bought");
        Assert.Equal((200, bought.Body, "no-store"), (again.Status, again.Body, again.Header("Cache-Control")));
        Assert.Equal((402, declined.Body),
            ((await shop.PayAsync(users[0], [tickets[1]], "4000000000000002", "declined")).Status, declined.Body));

        // Another body under the key, or the key of somebody else, is no replay.
        Assert.Equal(429, (await shop.PayAsync(users[0], [tickets[1]], key: "bought")).Status);
        Assert.Equal(200, (await shop.PayAsync(users[1], [tickets[1]], key: "bought")).Status);
        Assert.Equal(429, (await shop.PayAsync(users[0], new { ticketUuids = 1 }, "bought")).Status);
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task Replays_are_free_as_often_as_anybody_needs_and_then_cost_what_a_purchase_costs()
    {
        using var shop = new TicketShop(permits: 3);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        var bought = await shop.PayAsync(user, tickets, key: "bought");
        for (var i = 1; i < LookupBudget.PerMinute; i++)
            Assert.Equal(bought.Body, (await shop.PayAsync(user, tickets, key: "bought")).Body);
        for (var left = 2; left > 0; left--)
            Assert.Equal(bought.Body, (await shop.PayAsync(user, tickets, key: "bought")).Body);
        Assert.Equal(429, (await shop.PayAsync(user, tickets, key: "bought")).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(bought.Body, (await shop.PayAsync(user, tickets, key: "bought")).Body);
    }

    [Fact]
    public async Task Who_asks_for_ever_new_keys_is_asked_for_the_limit_first()
    {
        using var shop = new TicketShop(permits: 1);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var bought = await shop.PayAsync(user, [tickets[0]], key: "bought");
        for (var i = 1; i < LookupBudget.PerMinute; i++)
            Assert.Equal(429, (await shop.PayAsync(user, [tickets[1]], key: $"new-{i}")).Status);
        Assert.Equal(429, (await shop.PayAsync(user, [tickets[0]], key: "bought")).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(bought.Body, (await shop.PayAsync(user, [tickets[0]], key: "bought")).Body);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Of_many_at_once_under_one_key_for_the_last_ticket_none_is_told_that_it_is_gone(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        for (var round = 0; round < 5; round++)
        {
            var tickets = await shop.AddSaleAsync(1);
            var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => shop.PayAsync(user, tickets, key: $"order-{round}")));
            Assert.All(replies.Where(reply => reply.Status != 200), reply =>
                Assert.Equal((409, "running"), (reply.Status, reply.Json.GetProperty("reason").GetString())));
            Assert.Equal(200, (await shop.PayAsync(user, tickets, key: $"order-{round}")).Status);
        }

        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task The_same_request_written_differently_is_the_same_and_one_that_says_something_else_is_not()
    {
        using var shop = new TicketShop();
        var user = (await shop.AddUsersAsync(1))[0];
        var t = await shop.AddSaleAsync(3);
        var first = await shop.PayTextAsync(
            user, $$"""{"ticketUuids":["{{t[0]}}","{{t[1]}}"],"creditCard":"4242 4242 4242 4242"}""", "order-1");
        Assert.Equal(200, first.Status);
        foreach (var same in (string[])
        [
            $$"""{"creditCard":"4242 4242 4242 4242","ticketUuids":["{{t[0]}}","{{t[1]}}"]}""",
            $$""" { "ticketUuids" : [ "{{t[0]}}" , "{{t[1]}}" ], "creditCard" : "4242 4242 4242 4242" } """,
            $$"""{"ticketUuids":["{{t[1]}}","{{t[0]}}"],"creditCard":"4242-4242-4242-4242"}""",
            $$"""{"ticketUuids":["{{t[0].ToString().ToUpperInvariant()}}","{{t[1]}}"],"creditCard":"\u0034242424242424242"}""",
        ])
            Assert.Equal((200, first.Body),
                ((await shop.PayTextAsync(user, same, "order-1")).Status, (await shop.PayTextAsync(user, same, "order-1")).Body));
        foreach (var other in (string[])
        [
            $$"""{"ticketUuids":["{{t[0]}}"],"creditCard":"4242 4242 4242 4242"}""",
            $$"""{"ticketUuids":["{{t[0]}}","{{t[2]}}"],"creditCard":"4242 4242 4242 4242"}""",
            $$"""{"ticketUuids":["{{t[0]}}","{{t[1]}}"],"creditCard":"5555 5555 5555 4444"}""",
        ])
            Assert.Equal(422, (await shop.PayTextAsync(user, other, "order-1")).Status);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task What_a_build_kept_that_knew_the_bytes_alone_is_answered_to_the_same_bytes(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var first = await shop.PayAsync(user, tickets[..1], key: "order-1");
        await using (var db = shop.Get<ServiceDbFactory>().Create())
        {
            byte[]? unknown = null;
            await db.KeptReplies.ExecuteUpdateAsync(set => set.SetProperty(reply => reply.MeaningMac, unknown), Cancellation);
        }

        Assert.Equal(first.Body, (await shop.PayAsync(user, tickets[..1], key: "order-1")).Body);
        Assert.Equal(422, (await shop.PayAsync(user, tickets[1..], key: "order-1")).Status);
    }

    [Fact]
    public async Task What_can_be_otherwise_later_is_not_kept()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("PreQueueSeconds", "1")]);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3, opensIn: TimeSpan.FromMinutes(1));
        var early = await shop.PayAsync(user, tickets[..1], key: "order-1");
        Assert.Equal((409, "saleNotOpen"), (early.Status, early.Json.GetProperty("reason").GetString()));
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await shop.PayAsync(user, tickets[..1], key: "order-1")).Status);

        await using var db = shop.Get<ServiceDbFactory>().Create();
        var kept = await db.KeptReplies.SingleAsync(Cancellation);
        Assert.Equal(200, kept.Status);
    }

    [Fact]
    public async Task An_admission_that_was_used_under_another_key_is_told_so_and_not_kept()
    {
        using var shop = new TicketShop(hasValve: true);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = (await shop.QueueAsync(HttpMethod.Post, sale, user)).Json.GetProperty("admission").GetString()!;
        Assert.Equal(200, (await shop.PayAsync(user, tickets[0], admission, "order-1")).Status);
        var used = await shop.PayAsync(user, tickets[1], admission, "order-2");
        Assert.Equal((409, "admissionUsed"), (used.Status, used.Json.GetProperty("reason").GetString()));
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await shop.PayAsync(user, [tickets[1]], key: "order-2")).Status);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_422_and_costs_a_permit()
    {
        using var shop = new TicketShop(permits: 5);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        Assert.Equal(200, (await shop.PayAsync(users[0], [tickets[0]], key: "order-1")).Status);
        var other = await shop.PayAsync(users[0], [tickets[1]], key: "order-1");
        Assert.Equal((422, "Idempotency-Key", "\"buy-ticket\";r=3;t=60"),
            (other.Status, other.Json.GetProperty("field").GetString(), other.Header("RateLimit")));
        Assert.Equal(422, (await shop.PayAsync(users[0], [tickets[0]], "5555555555554444", "order-1")).Status);

        // Another user's key is another key.
        Assert.Equal(200, (await shop.PayAsync(users[1], [tickets[1]], key: "order-1")).Status);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Of_many_at_once_under_one_key_one_buys_and_the_others_are_told_to_wait_or_what_it_got(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => shop.PayAsync(user, [tickets[0]], key: "order-1")));

        Assert.Single(replies.Where(reply => reply.Status == 200).Select(reply => reply.Body).Distinct());
        Assert.All(replies.Where(reply => reply.Status != 200), reply =>
            Assert.Equal((409, "running", "1"), (reply.Status, reply.Json.GetProperty("reason").GetString(), reply.Header("Retry-After"))));
        Assert.Equal(200, (await shop.PayAsync(user, [tickets[0]], key: "order-1")).Status);
        Assert.Equal("2/0/1", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_402_and_a_409_are_kept_and_a_503_is_not(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        var declined = await shop.PayAsync(users[0], [tickets[0]], "4000000000000002", "declined");
        Assert.Equal((402, declined.Body, "application/problem+json"), await Again("4000000000000002", "declined"));

        Assert.Equal(200, (await shop.PayAsync(users[1], [tickets[0]])).Status);
        var gone = await shop.PayAsync(users[0], [tickets[0]], key: "gone");
        Assert.Equal((409, gone.Body, "application/problem+json"), await Again(TicketShop.Card, "gone"));

        Assert.Equal(503, (await shop.PayAsync(users[0], [tickets[1]], "4000000000000119", "failed")).Status);
        await using var db = shop.Get<ServiceDbFactory>().Create();
        Assert.Equal(["declined", "gone"], await db.KeptReplies.OrderBy(reply => reply.Key).Select(reply => reply.Key)
            .ToListAsync(Cancellation));
        Assert.Equal(200, (await shop.PayAsync(users[0], [tickets[1]], key: "failed")).Status);

        async Task<(int, string, string?)> Again(string card, string key)
        {
            var again = await shop.PayAsync(users[0], [tickets[0]], card, key);
            return (again.Status, again.Body, again.Header("Content-Type"));
        }
    }

    [Fact]
    public async Task A_key_is_forgotten_after_24_hours()
    {
        using var shop = new TicketShop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var first = await shop.PayAsync(user, [tickets[0]], key: "order-1");
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + KeptReply.Lifetime - TimeSpan.FromMicroseconds(1));
        user = Renewed(user);
        Assert.Equal(first.Body, (await shop.PayAsync(user, [tickets[0]], key: "order-1")).Body);
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + TimeSpan.FromMicroseconds(1));
        Assert.Equal(200, (await shop.PayAsync(user, [tickets[1]], key: "order-1")).Status);

        string Renewed(string token) =>
            shop.Get<AccessTokens>().Issue(
                Guid.Parse(new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(token).Subject), session: null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("256")]
    [InlineData("tab\there")]
    public async Task What_is_no_key_is_400(string key)
    {
        using var shop = new TicketShop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        var reply = await shop.PayAsync(user, tickets, key: key == "256" ? new string('k', 256) : key);
        Assert.Equal((400, "0/0/1"), (reply.Status, (await shop.PayAsync(user, tickets, key: new string('~', 255))).Status == 200
            ? await shop.CountsAsync(tickets[0])
            : "not sold"));
    }

    [Fact]
    public async Task What_is_kept_of_a_body_is_no_hash_that_who_has_the_database_could_search_for_card_numbers()
    {
        using var shop = new TicketShop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        await shop.PayAsync(user, tickets, key: "order-1");
        await using var db = shop.Get<ServiceDbFactory>().Create();
        var kept = await db.KeptReplies.SingleAsync(Cancellation);
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { ticketUuids = tickets, creditCard = TicketShop.Card });
        Assert.Equal(shop.Get<KeptReplies>().MacOf(body), kept.BodyMac);
        Assert.NotEqual(System.Security.Cryptography.SHA256.HashData(body), kept.BodyMac);
    }
}
