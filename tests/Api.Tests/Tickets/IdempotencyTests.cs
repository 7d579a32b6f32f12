using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Data;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Purchases under an <c>Idempotency-Key</c>.</summary>
public sealed class IdempotencyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task The_same_request_again_is_answered_the_same_and_costs_neither_money_nor_a_permit(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new Shop(database, permits: 5);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var first = await shop.PayAsync(user, [tickets[0]], key: "order-1");
        for (var i = 0; i < 10; i++)
        {
            var again = await shop.PayAsync(user, [tickets[0]], key: "order-1");
            Assert.Equal((200, first.Body, "application/json"), (again.Status, again.Body, again.Header("Content-Type")));
            Assert.Equal("\"buy-ticket\";r=4;t=60", again.Header("RateLimit"));
        }

        Assert.Equal("2/0/1", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_422_and_costs_a_permit()
    {
        using var shop = new Shop(permits: 5);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        Assert.Equal(200, (await shop.PayAsync(users[0], [tickets[0]], key: "order-1")).Status);
        var other = await shop.PayAsync(users[0], [tickets[1]], key: "order-1");
        Assert.Equal((422, "Idempotency-Key", "\"buy-ticket\";r=3;t=60"), (other.Status, other.Json.GetProperty("field").GetString(), other.Header("RateLimit")));
        Assert.Equal(422, (await shop.PayAsync(users[0], [tickets[0]], "5555555555554444", "order-1")).Status);

        // Another user's key is another key.
        Assert.Equal(200, (await shop.PayAsync(users[1], [tickets[1]], key: "order-1")).Status);
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task Of_many_at_once_under_one_key_one_buys_and_the_others_are_told_to_wait_or_what_it_got(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new Shop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => shop.PayAsync(user, [tickets[0]], key: "order-1")));

        Assert.Single(replies.Where(reply => reply.Status == 200).Select(reply => reply.Body).Distinct());
        Assert.All(replies.Where(reply => reply.Status != 200), reply => Assert.Equal((409, "running", "1"), (reply.Status, reply.Json.GetProperty("reason").GetString(), reply.Header("Retry-After"))));
        Assert.Equal(200, (await shop.PayAsync(user, [tickets[0]], key: "order-1")).Status);
        Assert.Equal("2/0/1", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(TestDatabase.Kinds), MemberType = typeof(TestDatabase))]
    public async Task A_402_and_a_409_are_kept_and_a_503_is_not(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new Shop(database);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        var declined = await shop.PayAsync(users[0], [tickets[0]], "4000000000000002", "declined");
        Assert.Equal((402, declined.Body, "application/problem+json"), await Again("4000000000000002", "declined"));

        Assert.Equal(200, (await shop.PayAsync(users[1], [tickets[0]])).Status);
        var gone = await shop.PayAsync(users[0], [tickets[0]], key: "gone");
        Assert.Equal((409, gone.Body, "application/problem+json"), await Again(Shop.Card, "gone"));

        Assert.Equal(503, (await shop.PayAsync(users[0], [tickets[1]], "4000000000000119", "failed")).Status);
        await using var db = shop.Get<ServiceDbFactory>().Create();
        Assert.Equal(["declined", "gone"], await db.KeptReplies.OrderBy(reply => reply.Key).Select(reply => reply.Key).ToListAsync(Cancellation));
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
        using var shop = new Shop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var first = await shop.PayAsync(user, [tickets[0]], key: "order-1");
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + KeptReply.Lifetime - TimeSpan.FromMicroseconds(1));
        user = Renewed(user);
        Assert.Equal(first.Body, (await shop.PayAsync(user, [tickets[0]], key: "order-1")).Body);
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + TimeSpan.FromMicroseconds(1));
        Assert.Equal(200, (await shop.PayAsync(user, [tickets[1]], key: "order-1")).Status);

        string Renewed(string token) => shop.Get<Auth.AccessTokens>().Issue(Guid.Parse(new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(token).Subject), session: null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("256")]
    [InlineData("tab\there")]
    public async Task What_is_no_key_is_400(string key)
    {
        using var shop = new Shop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        var reply = await shop.PayAsync(user, tickets, key: key == "256" ? new string('k', 256) : key);
        Assert.Equal((400, "0/0/1"), (reply.Status, (await shop.PayAsync(user, tickets, key: new string('~', 255))).Status == 200 ? await shop.CountsAsync(tickets[0]) : "not sold"));
    }

    [Fact]
    public async Task What_is_kept_of_a_body_is_no_hash_that_who_has_the_database_could_search_for_card_numbers()
    {
        using var shop = new Shop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        await shop.PayAsync(user, tickets, key: "order-1");
        await using var db = shop.Get<ServiceDbFactory>().Create();
        var kept = await db.KeptReplies.SingleAsync(Cancellation);
        var body = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new { ticketUuids = tickets, creditCard = Shop.Card });
        Assert.Equal(shop.Get<Api.Tickets.KeptReplies>().MacOf(body), kept.BodyMac);
        Assert.NotEqual(System.Security.Cryptography.SHA256.HashData(body), kept.BodyMac);
    }
}
