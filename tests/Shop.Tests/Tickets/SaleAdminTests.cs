using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>Sales as operators make and end them, in production too.</summary>
public sealed class SaleAdminTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_operator_makes_a_sale_which_opens_and_sells_and_is_written_down_with_the_operators_name(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var made = await MakeAsync(shop, new
        {
            name = "A night",
            tickets = 1_001,
            price = 2_500,
            currency = "CHF",
            opensAt = "2026-11-22T01:01:00+01:00",
            closesAt = "2026-11-22T00:02:00Z",
            maxPerOrder = 2,
            maxPerUser = 3,
        });
        var id = made.Json.GetProperty("id").GetString();
        Assert.Equal((201, $"/sales/{id}"), (made.Status, made.Header("Location")));
        Assert.Equal(
            $$"""{"id":"{{id}}","name":"A night","phase":"scheduled","opensAt":"2026-11-22T00:01:00Z","price":"""
                + $$"""2500,"currency":"CHF","available":1001,"total":1001}""", made.Body);
        Assert.Equal(
            $"Information OrleansLimiter.Audit: The operator dev-operator made the sale {id}, A night. Before: none; after: 1001 tickets "
                + $"at 2500 CHF (smallest unit), from 2026-11-22T00:01:00.0000000Z to 2026-11-22T00:02:00.0000000Z, at most 2 in an order "
                + $"and 3 for one user.",
            Assert.Single(shop.Service.Log.Audited));

        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        var tickets = (await shop.GetAsync($"/sales/{id}/tickets")).Json.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("id").GetGuid()).ToArray();
        Assert.Equal("ticketLimit", (await shop.PayAsync(user, tickets[..3])).Json.GetProperty("reason").GetString());
        Assert.Equal(200, (await shop.PayAsync(user, tickets[..2])).Status);
        Assert.Equal("ticketLimit", (await shop.PayAsync(user, tickets[2..4])).Json.GetProperty("reason").GetString());
        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(410, (await shop.PayAsync(user, tickets[2..3])).Status);
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_operator_ends_a_sale_once_and_nobody_buys_or_joins_from_then_on(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database, hasValve: true);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = (await shop.QueueAsync(HttpMethod.Post, sale, user)).Json.GetProperty("admission").GetString()!;
        var ended = await EndAsync(shop, sale.ToString());
        Assert.Equal((200, "closed"), (ended.Status, ended.Json.GetProperty("phase").GetString()));
        Assert.Equal(ended.Body, (await EndAsync(shop, sale.ToString())).Body);
        Assert.Equal(
            $"Information OrleansLimiter.Audit: The operator dev-operator ended the sale {sale}. Before: open, to its last ticket; after: "
                + $"closed at {shop.Clock.GetUtcNow().UtcDateTime:O}, 0 tickets sold, 0 held, 2 left.",
            Assert.Single(shop.Service.Log.Audited));

        foreach (var refused in (Reply[])[
            await shop.PayAsync(user, tickets[..1]), await shop.PayAsync(user, tickets[0], admission),
            await shop.QueueAsync(HttpMethod.Post, sale, user), await shop.QueueAsync(HttpMethod.Get, sale, user)])
            Assert.Equal((410, "saleClosed"), (refused.Status, refused.Json.GetProperty("reason").GetString()));
        Assert.Equal("closed", (await shop.GetAsync("/sales")).Json.GetProperty("items")[0].GetProperty("phase").GetString());
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_sale_that_another_front_end_has_ended_sells_nothing_more_though_this_one_has_not_heard(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        Assert.Equal(400, (await shop.PayAsync(user, [tickets[0], Guid.NewGuid()])).Status);
        Assert.NotNull(await shop.Get<KnownSales>().FindAsync(sale, Cancellation));
        await using (var db = shop.Get<ServiceDbFactory>().Create())
        {
            Core.Limits.Instant? now = Core.Limits.Instant.From(shop.Clock.GetUtcNow());
            await db.Sales.Where(row => row.Id == sale).ExecuteUpdateAsync(set => set.SetProperty(row => row.ClosesAt, now), Cancellation);
        }

        Assert.Equal(410, (await shop.PayAsync(user, tickets[..1])).Status);
        Assert.Equal("2/0/0", await shop.CountsAsync(tickets[0]));
    }

    [Fact]
    public async Task What_is_described_wrongly_is_not_made_and_what_is_not_there_is_not_ended()
    {
        using var shop = new TicketShop();
        var good = new Dictionary<string, object?>
        {
            ["name"] = "A night",
            ["tickets"] = 1,
            ["price"] = 0,
            ["opensAt"] = "2026-11-22T00:00:01Z",
        };
        (string Field, object? Value)[] wrong =
        [
            ("name", null), ("name", ""), ("name", new string('x', 201)), ("name", "a\nb"), ("name", 1), ("tickets", null), ("tickets", 0),
                ("tickets", 50_001), ("tickets", 1.5), ("price", null), ("price", -1),
            ("price", 100_000_001), ("currency", "eur"), ("currency", "EURO"), ("opensAt", null), ("opensAt", "tomorrow"),
                ("opensAt", "2026-11-22T00:00:00Z"), ("opensAt", "2026-11-22T01:00:00"), ("opensAt", "2036-01-01T00:00:00Z"),
            ("closesAt", "2026-11-22T00:00:01Z"), ("closesAt", "2036-01-01T00:00:00Z"), ("closesAt", "x"), ("maxPerOrder", 0),
                ("maxPerUser", 101),
        ];
        foreach (var (field, value) in wrong)
        {
            var reply = await MakeAsync(shop, new Dictionary<string, object?>(good) { [field] = value });
            Assert.Equal((400, field), (reply.Status, reply.Json.GetProperty("field").GetString()));
        }

        Assert.Equal(401, (await MakeAsync(shop, good, "another")).Status);
        Assert.Equal(401, (await EndAsync(shop, Guid.NewGuid().ToString(), "another")).Status);
        Assert.Equal(404, (await EndAsync(shop, Guid.NewGuid().ToString())).Status);
        Assert.Equal(404, (await EndAsync(shop, "x")).Status);
        Assert.Equal("""{"items":[]}""", (await shop.GetAsync("/sales")).Body);
        Assert.Equal(201, (await MakeAsync(shop, good)).Status);
    }

    [Fact]
    public async Task Production_has_these_routes_on_the_operators_port_alone_and_none_of_Developments()
    {
        const string Key = "an operators key of production, long enough";
        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Key)));
        using var service = new TestService("Production", new Dictionary<string, string>
        {
            ["Operators:0:Name"] = "ada",
            ["Operators:0:KeySha256"] = digest,
            ["OPERATIONS_PORT"] = "0",
        });
        using var operators = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{service.OperationsPort}") };
        using var everybody = service.Connect();
        operators.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        everybody.DefaultRequestHeaders.Add("X-Operator-Key", Key);
        var body = new { name = "A night", tickets = 2, price = 100, opensAt = "2026-11-22T00:00:01Z" };

        // Whoever is none of them learns nothing of these routes from a wrong query either.
        Assert.Equal(404, (int)(await everybody.PostAsJsonAsync("/admin/sales?x=1", body, Cancellation)).StatusCode);
        Assert.Equal(400, (int)(await operators.PostAsJsonAsync("/admin/sales?x=1", body, Cancellation)).StatusCode);
        var made = await operators.PostAsJsonAsync("/admin/sales", body, Cancellation);
        Assert.Equal(201, (int)made.StatusCode);
        Assert.Equal(404, (int)(await everybody.PostAsJsonAsync("/admin/sales", body, Cancellation)).StatusCode);
        Assert.Equal(404, (int)(await operators.PostAsJsonAsync("/admin/dev/sales", new { tickets = 1 }, Cancellation)).StatusCode);
        Assert.Equal(200, (int)(await everybody.GetAsync(made.Headers.Location, Cancellation)).StatusCode);
        Assert.Equal(200, (int)(await operators.PostAsync($"/admin{made.Headers.Location}/end", null, Cancellation)).StatusCode);
        Assert.Contains(service.Log.Lines, line => line.Contains("The operator ada ended the sale", StringComparison.Ordinal));
    }

    private static Task<Reply> MakeAsync(TicketShop shop, object body, string key = "dev-operator-key") =>
        shop.OperateAsync("/admin/sales", body, key);

    private static Task<Reply> EndAsync(TicketShop shop, string sale, string key = "dev-operator-key") =>
        shop.OperateAsync($"/admin/sales/{sale}/end", null, key);
}
