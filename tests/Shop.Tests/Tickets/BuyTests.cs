using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>Buying: all or nothing, never twice, and what is said of it.</summary>
public sealed class BuyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_purchase_is_answered_a_receipt_that_is_found_again_the_newest_first(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(5);
        var first = await shop.PayAsync(users[0], tickets[..2]);
        shop.Clock.Advance(TimeSpan.FromSeconds(1.5));
        var second = await shop.PayAsync(users[0], [tickets[2]], "4242-4242-4242-4242");

        Assert.Equal(200, first.Status);
        Assert.Equal(["receiptId", "tickets", "amount", "currency", "cardLast4", "paidAt"], first.Json.EnumerateObject()
            .Select(member => member.Name));
        Assert.Equal(tickets[..2].Order(), first.Json.GetProperty("tickets").EnumerateArray().Select(ticket => ticket.GetGuid()).Order());
        Assert.Equal((9_800, "EUR", "4242", "2026-11-22T00:00:00Z"),
            (first.Json.GetProperty("amount").GetInt64(), first.Json.GetProperty("currency").GetString(),
            first.Json.GetProperty("cardLast4").GetString(), first.Json.GetProperty("paidAt").GetString()));
        Assert.Equal("2026-11-22T00:00:01.5Z", second.Json.GetProperty("paidAt").GetString());
        Assert.Equal($$"""{"items":[{{second.Body}},{{first.Body}}]}""", (await shop.GetAsync("/ticket/receipts", users[0])).Body);
        Assert.Equal("""{"items":[]}""", (await shop.GetAsync("/ticket/receipts", users[1])).Body);
        Assert.Equal("2/0/3", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_good_token_of_a_user_who_is_not_in_the_database_is_not_good_enough(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var tickets = await shop.AddSaleAsync(5);
        var stranger = shop.Get<AccessTokens>().Issue(Guid.NewGuid(), session: null);

        // Also where nothing but a refusal is to be kept.
        foreach (var (wanted, key) in new[] { (tickets[..1], null), (tickets, (string?)"again") })
        {
            var reply = await shop.PayAsync(stranger, wanted, key: key);
            Assert.Equal((401, "Authorization"), (reply.Status, reply.Json.GetProperty("field").GetString()));
        }

        Assert.Equal("5/0/0", await shop.CountsAsync(tickets[0]));
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Of_200_who_buy_the_same_ticket_at_once_on_two_front_ends_one_gets_it(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var clock = new FakeTimeProvider();
        using var shop = new TicketShop(database, clock);
        using var other = new TicketShop(database, clock);
        var users = await shop.AddUsersAsync(200);
        var tickets = await shop.AddSaleAsync(2);
        var replies = await Task.WhenAll(users.Select((user, i) => (i % 2 == 0 ? shop : other).PayAsync(user, [tickets[0]])));

        Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies.Where(reply => reply.Status != 200), reply =>
            Assert.Equal((409, "ticketGone"), (reply.Status, reply.Json.GetProperty("reason").GetString())));
        Assert.Equal("1/0/1", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Orders_of_several_tickets_that_cross_each_other_are_bought_as_a_whole_or_not_at_all(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var users = await shop.AddUsersAsync(120);
        var tickets = await shop.AddSaleAsync(40);
        var dice = new Random(20_261_122);
        var orders = users.Select(user => (User: user, Tickets: dice.GetItems(tickets, 3).Distinct().ToArray())).ToList();
        var replies = await Task.WhenAll(orders.Select(order => shop.PayAsync(order.User, order.Tickets)));

        var bought = replies.Where(reply => reply.Status == 200)
            .SelectMany(reply => reply.Json.GetProperty("tickets").EnumerateArray().Select(ticket => ticket.GetGuid())).ToList();
        Assert.NotEmpty(bought);
        Assert.Equal(bought.Count, bought.Distinct().Count());
        Assert.All(replies.Where(reply => reply.Status != 200), reply => Assert.Equal(409, reply.Status));
        Assert.Equal($"{40 - bought.Count}/0/{bought.Count}", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();

        // Whoever was refused was refused for a reason: one of the tickets is another's.
        for (var i = 0; i < orders.Count; i++)
        {
            if (replies[i].Status == 409)
                Assert.Contains(orders[i].Tickets, ticket => bought.Contains(ticket));
        }
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task One_user_gets_no_more_than_four_however_many_orders_come_at_once(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(20);
        var replies = await Task.WhenAll(tickets.Select(ticket => shop.PayAsync(user, [ticket])));

        Assert.Equal(4, replies.Count(reply => reply.Status == 200));
        Assert.All(replies.Where(reply => reply.Status != 200), reply =>
            Assert.Equal((409, "ticketLimit"), (reply.Status, reply.Json.GetProperty("reason").GetString())));
        Assert.Equal("16/0/4", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task An_order_holds_at_most_what_the_sale_allows()
    {
        using var shop = new TicketShop();
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(5, maxPerOrder: 2, maxPerUser: 3);
        Assert.Equal("That would be too many tickets: at most 2 in an order and 3 for one user.",
            (await shop.PayAsync(user, tickets[..3])).Json.GetProperty("message").GetString());
        Assert.Equal(200, (await shop.PayAsync(user, tickets[..2])).Status);
        Assert.Equal("ticketLimit", (await shop.PayAsync(user, tickets[2..4])).Json.GetProperty("reason").GetString());
        Assert.Equal(200, (await shop.PayAsync(user, [tickets[4]])).Status);
    }

    [Theory]
    [InlineData("4000 0000 0000 0002", 402, "declined")]
    [InlineData("4000 0000 0000 0119", 503, "paymentUnavailable")]
    public async Task What_is_not_paid_is_for_the_others_again_at_once(string card, int status, string reason)
    {
        foreach (var kind in (string[])[TestDatabase.Sqlite, TestDatabase.Postgres])
        {
            using var database = await TestDatabase.CreateAsync(kind);
            using var shop = new TicketShop(database);
            var users = await shop.AddUsersAsync(2);
            var tickets = await shop.AddSaleAsync(2);
            var reply = await shop.PayAsync(users[0], tickets, card);

            Assert.Equal((status, reason), (reply.Status, reply.Json.GetProperty("reason").GetString()));
            Assert.Equal(status == 503 ? "1" : null, reply.Header("Retry-After"));
            Assert.Equal(status == 503, reply.Json.TryGetProperty("source", out _));
            Assert.Equal("2/0/0", await shop.CountsAsync(tickets[0]));
            Assert.Equal(200, (await shop.PayAsync(users[1], tickets)).Status);
            Assert.Equal("""{"items":[]}""", (await shop.GetAsync("/ticket/receipts", users[0])).Body);
            await shop.CheckBooksAsync();
        }
    }

    [Fact]
    public async Task A_sale_sells_from_its_opening_to_its_end_and_not_a_microsecond_before_or_after()
    {
        using var shop = new TicketShop();
        var users = await shop.AddUsersAsync(3);
        var tickets = await shop.AddSaleAsync(3, opensIn: TimeSpan.FromMinutes(1), closesIn: TimeSpan.FromMinutes(2));
        shop.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMicroseconds(1));
        var early = await shop.PayAsync(users[0], [tickets[0]]);
        Assert.Equal((409, "saleNotOpen", "2026-11-22T00:01:00Z"),
            (early.Status, early.Json.GetProperty("reason").GetString(), early.Json.GetProperty("opensAt").GetString()));
        shop.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(200, (await shop.PayAsync(users[0], [tickets[0]])).Status);
        shop.Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMicroseconds(1));
        Assert.Equal(200, (await shop.PayAsync(users[1], [tickets[1]])).Status);
        shop.Clock.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal((410, "saleClosed"),
            ((await shop.PayAsync(users[2], [tickets[2]])).Status, (await shop.PayAsync(users[2], [tickets[2]])).Json.GetProperty("reason")
            .GetString()));
    }

    [Fact]
    public async Task A_sale_without_tickets_says_so()
    {
        using var shop = new TicketShop();
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(1);
        Assert.Equal(200, (await shop.PayAsync(users[0], tickets)).Status);
        Assert.Equal("soldOut", (await shop.PayAsync(users[1], tickets)).Json.GetProperty("reason").GetString());
        Assert.Equal("soldOut", (await shop.GetAsync("/sales")).Json.GetProperty("items")[0].GetProperty("phase").GetString());
    }

    [Fact]
    public async Task Nobody_buys_without_an_access_token()
    {
        using var shop = new TicketShop();
        var tickets = await shop.AddSaleAsync(1);
        var reply = await shop.PayAsync(null, tickets);
        Assert.Equal((401, "Bearer"), (reply.Status, reply.Header("WWW-Authenticate")));
        Assert.Null(reply.Header("RateLimit"));
        Assert.Equal(401, (await shop.GetAsync("/ticket/receipts")).Status);
    }

    [Fact]
    public async Task Unknown_tickets_and_tickets_of_two_sales_are_400_and_cost_the_permit()
    {
        using var shop = new TicketShop(permits: 3);
        var user = (await shop.AddUsersAsync(1))[0];
        var one = await shop.AddSaleAsync(1);
        var two = await shop.AddSaleAsync(1);
        var unknown = await shop.PayAsync(user, [one[0], Guid.NewGuid()]);
        Assert.Equal((400, "ticketUuids is not known as a whole: it must be ids of tickets that exist."),
            (unknown.Status, unknown.Json.GetProperty("message").GetString()));
        var crossed = await shop.PayAsync(user, [one[0], two[0]]);
        Assert.Equal((400, "ticketUuids is of more than one sale: it must be tickets of one sale."),
            (crossed.Status, crossed.Json.GetProperty("message").GetString()));
        Assert.Equal("\"buy-ticket\";r=1;t=60", crossed.Header("RateLimit"));
    }

    [Theory]
    [InlineData("""{"creditCard":"4242424242424242"}""", "ticketUuids is missing: it must be an array of 1 to 100 ticket ids, each once.")]
    [InlineData("""{"ticketUuids":[],"creditCard":"4242424242424242"}""",
        "ticketUuids is an array of 0: it must be an array of 1 to 100 ticket ids, each once.")]
    [InlineData("""{"ticketUuids":"x","creditCard":"4242424242424242"}""",
        "ticketUuids is a string: it must be an array of 1 to 100 ticket ids, each once.")]
    [InlineData("""{"ticketUuids":["x"],"creditCard":"4242424242424242"}""",
        "ticketUuids[0] is not such an id: it must be a UUID with dashes.")]
    [InlineData("""{"ticketUuids":[7],"creditCard":"4242424242424242"}""", "ticketUuids[0] is a number: it must be a string.")]
    [InlineData("""{"ticketUuids":["{A}","{A}"],"creditCard":"4242424242424242"}""",
        "ticketUuids[1] is there a second time: it must be another ticket.")]
    [InlineData("""{"ticketUuids":["{A}"]}""",
        "creditCard is missing: it must be 12 to 19 digits, spaces and dashes allowed, that pass Luhn's check.")]
    [InlineData("""{"ticketUuids":["{A}"],"creditCard":"4242424242424241"}""",
        "creditCard is not such a number: it must be 12 to 19 digits, spaces and dashes allowed, that pass Luhn's check.")]
    [InlineData("""{"ticketUuids":["{A}"],"creditCard":"4242x4242424242 42"}""",
        "creditCard is not such a number: it must be 12 to 19 digits, spaces and dashes allowed, that pass Luhn's check.")]
    [InlineData("""{"ticketUuids":["{A}"],"creditCard":"42424242420"}""",
        "creditCard is not such a number: it must be 12 to 19 digits, spaces and dashes allowed, that pass Luhn's check.")]
    [InlineData("""{"ticketUuids":["{A}"],"creditCard":"42424242424242424242"}""",
        "creditCard is not such a number: it must be 12 to 19 digits, spaces and dashes allowed, that pass Luhn's check.")]
    [InlineData("""{"ticketUuids":["{A}"],"creditCard":4242424242424242}""", "creditCard is a number: it must be a string.")]
    public async Task What_is_wrong_with_the_shape_is_named_and_the_permit_comes_back(string body, string message)
    {
        using var shop = new TicketShop(permits: 5);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        var reply = await shop.PayAsync(
            user, System.Text.Json.Nodes.JsonNode.Parse(body.Replace("{A}", tickets[0].ToString(), StringComparison.Ordinal))!);

        Assert.Equal((400, message), (reply.Status, reply.Json.GetProperty("message").GetString()));
        Assert.Equal("\"buy-ticket\";r=5", reply.Header("RateLimit"));
    }

    [Fact]
    public async Task Five_mistakes_in_a_window_are_free_and_no_more()
    {
        using var shop = new TicketShop(permits: 5);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        for (var i = 0; i < 5; i++)
            Assert.Equal("\"buy-ticket\";r=5", (await shop.PayAsync(user, tickets, "1")).Header("RateLimit"));
        for (var left = 4; left >= 0; left--)
            Assert.Equal($"\"buy-ticket\";r={left};t=60", (await shop.PayAsync(user, tickets, "1")).Header("RateLimit"));
        var refused = await shop.PayAsync(user, tickets);
        Assert.Equal((429, "buy-ticket"), (refused.Status, refused.Json.GetProperty("policy").GetString()));
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await shop.PayAsync(user, tickets)).Status);
    }

    [Fact]
    public async Task Neither_log_nor_database_holds_a_card_number()
    {
        using var database = TestDatabase.CreateSqlite();
        using (var shop = new TicketShop(database))
        {
            var user = (await shop.AddUsersAsync(1))[0];
            var tickets = await shop.AddSaleAsync(3);
            foreach (var card in (string[])["5555 5555 5555 4444", "4000000000000002", "4000000000000119", "5555555555554445"])
                await shop.PayAsync(user, [tickets[0]], card, "key-" + card[^1]);
            Assert.DoesNotContain(shop.Service.Log.Lines, line => line.Contains("55555555", StringComparison.Ordinal)
                || line.Contains("5555 5555", StringComparison.Ordinal) || line.Contains("400000000000", StringComparison.Ordinal));
        }

        // What the service wrote last may still be beside the file.
        var stored = string.Empty;
        var file = database.Url["sqlite:".Length..];
        foreach (var part in (string[])[file, $"{file}-wal"])
            stored += File.Exists(part)
                ? System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(part, Cancellation))
                : string.Empty;
        Assert.Contains("4444", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("55555555", stored, StringComparison.Ordinal);
        Assert.DoesNotContain("5555 5555", stored, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task The_database_itself_refuses_counts_that_do_not_add_up_and_tickets_between_two_states(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        await shop.AddSaleAsync(2);
        await using var db = shop.Get<ServiceDbFactory>().Create();
        foreach (var statement in (FormattableString[])
        [
            $"UPDATE \"Sales\" SET \"Available\" = \"Available\" - 1",
            $"UPDATE \"Sales\" SET \"Sold\" = \"Sold\" + 1",
            $"UPDATE \"Sales\" SET \"Available\" = 3, \"Held\" = -1",
            $"UPDATE \"Tickets\" SET \"Status\" = 1",
            $"UPDATE \"Tickets\" SET \"Status\" = 2",
            $"UPDATE \"Tickets\" SET \"OrderId\" = {Guid.NewGuid()}",
            $"UPDATE \"Tickets\" SET \"Status\" = 1, \"OrderId\" = {Guid.NewGuid()}",
        ])
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => db.Database.ExecuteSqlAsync(statement, Cancellation));
    }

    [Fact]
    public async Task A_turn_at_the_door_is_used_up_by_a_purchase_and_not_by_a_card_that_was_declined()
    {
        var turns = new Turns();
        using var shop = new TicketShop(configure: services => services.AddSingleton<ISaleDoor>(turns), permits: 5);
        var users = await shop.AddUsersAsync(1);
        var tickets = await shop.AddSaleAsync(3);
        Assert.Equal(402, (await shop.PayAsync(users[0], [tickets[0]], "4000000000000002")).Status);
        Assert.Equal(200, (await shop.PayAsync(users[0], [tickets[0]])).Status);
        Assert.Equal((409, "admissionUsed"),
            ((await shop.PayAsync(users[0], [tickets[1]])).Status, (await shop.PayAsync(users[0], [tickets[1]])).Json.GetProperty("reason")
            .GetString()));
        Assert.Equal(["back 7", "used 7", "back 7", "back 7"], turns.Left);

        turns.Waits = true;
        var waiting = await shop.PayAsync(users[0], [tickets[1]]);
        Assert.Equal((429, "3", "\"buy-ticket\";r=1;t=60"), (waiting.Status, waiting.Header("Retry-After"), waiting.Header("RateLimit")));
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task Of_two_purchases_at_once_with_one_turn_one_is_made()
    {
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var shop = new TicketShop(database, configure: services => services.AddSingleton<ISaleDoor>(new Turns()));
        var users = await shop.AddUsersAsync(10);
        var sales = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => shop.AddSaleAsync(1)));
        var replies = await Task.WhenAll(users.Select((user, i) => shop.PayAsync(user, sales[i])));
        Assert.Equal(9, replies.Count(reply => reply.Status == 409));
        Assert.Single(replies, reply => reply.Status == 200);
        await shop.CheckBooksAsync();
    }

    private sealed class Turns : ISaleDoor
    {
        private static readonly Admission Turn = new(new AdmissionId(1, 7), SaleId.Of("a-sale"), default, default);

        public bool Waits { get; set; }

        public List<string> Left { get; } = [];

        public ValueTask<IReadOnlyList<string>> PhasesOfAsync(IReadOnlyList<Sale> sales) => new([.. sales.Select(_ => SalePhase.Open)]);

        public ValueTask<DoorAnswer> AskAsync(Microsoft.AspNetCore.Http.HttpContext context, Sale sale) => new(Waits
            ? DoorAnswer.Refused(
                new Problem { Title = "Too Many Requests", Status = 429, Message = "Wait.", RetryAfterMs = 2_001 }, isFree: true)
            : DoorAnswer.Admitted(Turn));

        public ValueTask LeaveAsync(Admission admission, TurnEnd end)
        {
            lock (Left)
                Left.Add($"{(end == TurnEnd.Used ? "used" : "back")} {admission.Id.Place}");
            return ValueTask.CompletedTask;
        }
    }
}
