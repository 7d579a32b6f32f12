using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>
/// Duplicates that run at the same time under one <c>Idempotency-Key</c>: on one front end behind the valve, and on several.
/// </summary>
public sealed class IdempotencyRaceTests
{
    private const string Failing = "4000000000000119";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TestDatabase.Sqlite, 2)]
    [InlineData(TestDatabase.Sqlite, 4)]
    [InlineData(TestDatabase.Postgres, 2)]
    [InlineData(TestDatabase.Postgres, 4)]
    public async Task Duplicates_behind_the_valve_are_told_that_the_first_runs_and_then_get_its_answer(string kind, int duplicates)
    {
        const int Rounds = 10;
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database, hasValve: true);
        var users = await shop.AddUsersAsync(Rounds);
        var tickets = await shop.AddSaleAsync(Rounds + 1); // one stays, so that the line does too
        for (var round = 0; round < Rounds; round++)
        {
            shop.Clock.Advance(TimeSpan.FromSeconds(1));
            var (user, ticket) = (users[round], tickets[round]);
            var replies = await Task.WhenAll(Enumerable.Range(0, duplicates).Select(_ => shop.PayAsync(user, [ticket], key: "order")));
            var bought = replies.First(reply => reply.Status == 200);
            Assert.All(replies, reply => Assert.True(
                reply.Status == 200 ? reply.Body == bought.Body : IsRunning(reply), $"{reply.Status} {reply.Body}"));
            Assert.Equal((200, bought.Body), await AnswerAsync(shop.PayAsync(user, [ticket], key: "order")));
            Assert.Equal(404, (await shop.QueueAsync(HttpMethod.Get, await shop.SaleOfAsync(ticket), user)).Status);
        }

        Assert.Equal($"1/0/{Rounds}", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task A_replay_of_a_finished_purchase_is_answered_while_another_replay_of_it_is_still_looked_up()
    {
        using var held = new HeldStep();
        using var shop = new TicketShop(
            configure: services => services.AddSingleton<IInterceptor>(new HeldCommand(held, "FROM \"KeptReplies\"")));
        var users = await shop.AddUsersAsync(1);
        var tickets = await shop.AddSaleAsync(1);
        var bought = await shop.PayAsync(users[0], tickets, key: "order");
        Assert.Equal(200, bought.Status);

        held.HoldNext();
        var first = shop.PayAsync(users[0], tickets, key: "order");
        await held.Held;
        Assert.Equal((200, bought.Body), await AnswerAsync(shop.PayAsync(users[0], tickets, key: "order")));
        held.Release();
        Assert.Equal((200, bought.Body), await AnswerAsync(first));
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task On_two_front_ends_one_of_the_duplicates_buys_and_none_is_told_what_the_other_did(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var clock = new FakeTimeProvider();
        using var one = new TicketShop(database, clock);
        using var other = new TicketShop(database, clock);
        var users = await one.AddUsersAsync(10);
        var tickets = await one.AddSaleAsync(users.Length);
        for (var round = 0; round < users.Length; round++)
        {
            var (user, ticket) = (users[round], tickets[round]);
            var replies = await Task.WhenAll(
                ((TicketShop[])[one, other, one, other]).Select(shop => shop.PayAsync(user, [ticket], key: "order")));
            var bought = replies.First(reply => reply.Status == 200);
            Assert.All(replies, reply => Assert.True(
                reply.Status == 200 ? reply.Body == bought.Body : IsRunning(reply), $"{reply.Status} {reply.Body}"));
            Assert.Equal((200, bought.Body), await AnswerAsync(other.PayAsync(user, [ticket], key: "order")));
        }

        await one.CheckBooksAsync();
    }

    [Theory]
    [InlineData(TestDatabase.Sqlite, true)]
    [InlineData(TestDatabase.Sqlite, false)]
    [InlineData(TestDatabase.Postgres, true)]
    [InlineData(TestDatabase.Postgres, false)]
    public async Task Of_duplicates_whose_payment_fails_nothing_is_kept_and_the_same_request_buys_later(string kind, bool hasValve)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var clock = new FakeTimeProvider();
        using var one = new TicketShop(database, clock, hasValve: hasValve);
        using var second = hasValve ? null : new TicketShop(database, clock);
        var other = second ?? one;
        var users = await one.AddUsersAsync(10);
        var tickets = await one.AddSaleAsync(users.Length);
        for (var round = 0; round < users.Length; round++)
        {
            one.Clock.Advance(TimeSpan.FromSeconds(1));
            var (user, ticket) = (users[round], tickets[round]);
            var replies = await Task.WhenAll(
                ((TicketShop[])[one, other, one, other]).Select(shop => shop.PayAsync(user, [ticket], Failing, "order")));
            Assert.All(replies, reply => Assert.True(
                reply.Status == 503 ? Reason(reply) == "paymentUnavailable" : IsRunning(reply), $"{reply.Status} {reply.Body}"));
        }

        await using var db = one.Get<ServiceDbFactory>().Create();
        Assert.False(await db.KeptReplies.AnyAsync(Cancellation));
        Assert.Equal($"{users.Length}/0/0", await one.CountsAsync(tickets[0]));
        Assert.Equal(200, (await one.PayAsync(users[0], tickets[..1], key: "order")).Status);
    }

    private static bool IsRunning(Reply reply) => reply.Status == 409 && Reason(reply) == "running" && reply.Header("Retry-After") == "1";

    private static string? Reason(Reply reply) => reply.Json.GetProperty("reason").GetString();

    private static async Task<(int Status, string Body)> AnswerAsync(Task<Reply> reply) => ((await reply).Status, (await reply).Body);
}
