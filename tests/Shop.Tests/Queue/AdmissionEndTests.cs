using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Payments;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.TestKit.Processes;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>
/// Admissions that have ended before they were used: nothing is bought with them, and what a cap counts is all who can still buy.
/// </summary>
public sealed class AdmissionEndTests
{
    private const string Declined = "4000000000000002";

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_turn_that_was_given_up_buys_nothing(string kind)
    {
        const int People = 10;
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database, hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(People);
        var tickets = await shop.AddSaleAsync(People);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admissions = new string[People];
        for (var i = 0; i < People; i++)
        {
            admissions[i] = await AdmittedAsync(shop, sale, users[i]);
            Assert.Equal(204, (await shop.QueueAsync(HttpMethod.Delete, sale, users[i])).Status);
            Assert.Equal(404, (await shop.QueueAsync(HttpMethod.Get, sale, users[i])).Status);
        }

        var replies = await Task.WhenAll(users.Select((user, i) => shop.PayAsync(user, tickets[i], admissions[i])));
        Assert.All(replies, reply => Assert.Equal((409, "admissionEnded"), (reply.Status, Reason(reply))));
        Assert.Equal($"{People}/0/0", await shop.CountsAsync(tickets[0]));

        // Whoever comes again is admitted again, under another id.
        Assert.Equal(200, (await shop.PayAsync(users[0], tickets[0], await AdmittedAsync(shop, sale, users[0]))).Status);
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_turn_that_is_given_up_during_a_purchase_holds_its_slot_until_that_has_ended(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var gateway = new HeldGateway();
        using var shop = new TicketShop(
            database, hasValve: true, configure: services => services.AddSingleton<IPaymentGateway>(gateway), valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = await AdmittedAsync(shop, sale, users[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, users[1]);
        var paying = shop.PayAsync(users[0], tickets[0], admission);
        await gateway.Charging.WaitAsync(RawConnection.Patience, TestContext.Current.CancellationToken);

        Assert.Equal(204, (await shop.QueueAsync(HttpMethod.Delete, sale, users[0])).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("waiting", await StateAsync(shop, sale, users[1]));

        gateway.Answer(ChargeResult.Failed);
        Assert.Equal(503, (await paying).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("admitted", await StateAsync(shop, sale, users[1]));
        Assert.Equal("admissionEnded", Reason(await shop.PayAsync(users[0], tickets[0], admission)));
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task While_the_sale_is_paused_an_admission_buys_nothing_and_afterwards_it_does(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database, hasValve: true, permits: 5);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = await AdmittedAsync(shop, sale, user);
        Assert.Equal(200, (await shop.OperateAsync(sale, "pause")).Status);
        foreach (var held in (Reply[])[await shop.PayAsync(user, tickets[0], admission), await shop.PayAsync(user, tickets[..1])])
            Assert.Equal((429, "paused", "2", "\"buy-ticket\";r=5", "memory"),
                (held.Status, Reason(held), held.Header("Retry-After"), held.Header("RateLimit"), held.Json.GetProperty("source")
                .GetString()));
        Assert.Equal("2/0/0", await shop.CountsAsync(tickets[0]));

        Assert.Equal(200, (await shop.OperateAsync(sale, "resume")).Status);
        Assert.Equal(200, (await shop.PayAsync(user, tickets[0], admission)).Status);
    }

    [Theory]
    [InlineData(TestDatabase.Sqlite, 3)]
    [InlineData(TestDatabase.Postgres, 3)]
    [InlineData(TestDatabase.Sqlite, 2)]
    public async Task The_last_of_so_many_declined_payments_ends_the_turn_and_the_next_has_its_slot(string kind, int most)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        (string, string)[] settings = most == 3 ? [("Checkout", "1")] : [("Checkout", "1"), ("DeclinedPayments", $"{most}")];
        using var shop = new TicketShop(database, hasValve: true, valve: settings);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = await AdmittedAsync(shop, sale, users[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, users[1]);
        for (var i = 1; i <= most; i++)
        {
            Assert.Equal("waiting", await StateAsync(shop, sale, users[1]));
            Assert.Equal(402, (await shop.PayAsync(users[0], tickets[..1], Declined)).Status);
            shop.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("admitted", await StateAsync(shop, sale, users[1]));
        var refused = await shop.PayAsync(users[0], tickets[0], admission);
        Assert.Equal((409, "admissionEnded"), (refused.Status, Reason(refused)));
        Assert.Equal((429, "waiting"), ((await shop.PayAsync(users[0], tickets[..1])).Status, await StateAsync(shop, sale, users[0])));
        Assert.Equal(200, (await shop.PayAsync(users[1], tickets[..1])).Status);
    }

    [Fact]
    public async Task A_turn_that_was_given_up_while_a_front_end_died_with_its_purchase_gives_its_slot_back_when_that_is_finished()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = await AdmittedAsync(shop, sale, users[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, users[1]);
        await using var db = shop.Get<ServiceDbFactory>().Create();
        var row = await db.Sales.SingleAsync(row => row.Id == sale, TestContext.Current.CancellationToken);
        var owner = Guid.Parse(new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(users[0]).Subject);
        Assert.True(CardNumber.TryParse(TicketShop.Card, out var card, out _));
        Assert.Equal(HoldOutcome.Held,
            (await shop.Get<Inventory>().HoldAsync(
                new HoldRequest(row, owner, tickets[..1], card, admission.Split('.')[3], null))).Outcome);
        Assert.Equal(204, (await shop.QueueAsync(HttpMethod.Delete, sale, users[0])).Status);

        for (var second = 0; second < (int)Inventory.TimeToFinish.TotalSeconds; second++)
        {
            Assert.Equal("waiting", await StateAsync(shop, sale, users[1]));
            shop.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // The service's own round may be at it beside this one.
        await shop.RecoverAsync();
        await Eventually.EqualAsync(
            0, "how many wait", async () =>
                (await shop.Get<IValveEngine>()
                .StatusAsync(SaleId.Of(sale.ToString()), TestContext.Current.CancellationToken)).Value.Waiting,
                TestContext.Current.CancellationToken);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("admitted", await StateAsync(shop, sale, users[1]));
    }

    private static async Task<string> AdmittedAsync(TicketShop shop, Guid sale, string user)
    {
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        return (await shop.QueueAsync(HttpMethod.Post, sale, user)).Json.GetProperty("admission").GetString()!;
    }

    private static async Task<string?> StateAsync(TicketShop shop, Guid sale, string user) =>
        (await shop.QueueAsync(HttpMethod.Get, sale, user)).Json.GetProperty("state").GetString();

    private static string? Reason(Reply reply) => reply.Json.GetProperty("reason").GetString();

    /// <summary>Keeps its first charge waiting until it is told what to answer; whatever is closed was never charged.</summary>
    private sealed class HeldGateway : IPaymentGateway
    {
        private readonly TaskCompletionSource _charging = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<ChargeResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Charging => _charging.Task;

        public void Answer(ChargeResult result) => _answer.SetResult(result);

        public Task<ChargeResult> ChargeAsync(PaymentIntent intent, CardNumber card, CancellationToken cancellationToken)
        {
            _charging.TrySetResult();
            return _answer.Task;
        }

        public Task<IntentState> CloseAsync(Guid intentId, CancellationToken cancellationToken) => Task.FromResult(IntentState.NotCharged);

        public Task RefundAsync(Guid intentId, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
