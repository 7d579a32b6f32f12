using System.Text.Json;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Databases;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>What is for sale.</summary>
public sealed class SaleTests
{
    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Sales_are_listed_with_what_is_left_of_them(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        await shop.AddSaleAsync(7, opensIn: TimeSpan.FromMinutes(1));
        await shop.PayAsync(user, tickets[..1]);

        var sales = (await shop.GetAsync("/sales")).Json.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["id", "name", "phase", "opensAt", "price", "currency", "available", "total"], sales[0].EnumerateObject()
            .Select(member => member.Name));
        Assert.Equal(["open 2/3 2026-11-22T00:00:00Z", "scheduled 7/7 2026-11-22T00:01:00Z"], sales.Select(Line));
        var one = await shop.GetAsync($"/sales/{sales[1].GetProperty("id")}");
        Assert.Equal(sales[1].GetRawText(), one.Body);
        Assert.StartsWith("\"browse-ip\";r=298;", one.Header("RateLimit"), StringComparison.Ordinal);

        static string Line(JsonElement sale) =>
            $"{sale.GetProperty("phase")} {sale.GetProperty("available")}/{sale.GetProperty("total")} {sale.GetProperty("opensAt")}";
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Tickets_come_a_hundred_at_a_time_each_once_by_status(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(204);
        await shop.PayAsync(user, tickets[..4]);
        var path = $"/sales/{(await shop.GetAsync("/sales")).Json.GetProperty("items")[0].GetProperty("id")}/tickets";

        var seen = new List<Guid>();
        var query = "?status=available";
        var pages = 0;
        for (string? next = null; pages == 0 || next is not null; pages++)
        {
            var page = (await shop.GetAsync(path + query + (next is null ? string.Empty : $"&after={next}"))).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetGuid()));
            next = page.TryGetProperty("next", out var after) ? after.GetString() : null;
        }

        Assert.Equal(3, pages); // the last is empty: nobody could know that the second was the end
        Assert.Equal(tickets[4..].Order(), seen.Order());
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(tickets[..4].Order(), (await shop.GetAsync(path + "?status=sold")).Json.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("id").GetGuid()).Order());
        Assert.Equal("""{"items":[]}""", (await shop.GetAsync(path + "?status=held")).Body);
    }

    [Fact]
    public async Task What_is_not_there_is_404_and_a_wrong_query_is_400()
    {
        using var shop = new TicketShop();
        await shop.AddSaleAsync(1);
        var id = (await shop.GetAsync("/sales")).Json.GetProperty("items")[0].GetProperty("id").GetString();
        Assert.Equal(404, (await shop.GetAsync($"/sales/{Guid.NewGuid()}")).Status);
        Assert.Equal(404, (await shop.GetAsync("/sales/x")).Status);
        Assert.Equal(404, (await shop.GetAsync($"/sales/{Guid.NewGuid()}/tickets")).Status);
        Assert.Equal("status is none of them: it must be available, held or sold.",
            (await shop.GetAsync($"/sales/{id}/tickets?status=x")).Json.GetProperty("message").GetString());
        Assert.Equal("after is not such an id: it must be a UUID with dashes.",
            (await shop.GetAsync($"/sales/{id}/tickets?after=x")).Json.GetProperty("message").GetString());
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Development_makes_a_sale_as_an_operator_describes_it(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        var made = await shop.MakeSaleAsync(new { name = "A night", tickets = 3, price = 100, maxPerOrder = 2, maxPerUser = 2 });
        Assert.Equal(201, made.Status);
        var id = made.Json.GetProperty("id").GetString();
        Assert.Equal(
            $$"""{"id":"{{id}}","name":"A night","phase":"open","opensAt":"2026-11-22T00:00:00Z","price":"""
                + $$"""100,"currency":"EUR","available":3,"total":3}""", made.Body);
        Assert.Equal(made.Body, (await shop.GetAsync($"/sales/{id}")).Body);

        var tickets = (await shop.GetAsync($"/sales/{id}/tickets")).Json.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("id").GetGuid()).ToArray();
        Assert.Equal("ticketLimit", (await shop.PayAsync(user, tickets)).Json.GetProperty("reason").GetString());
        Assert.Equal(200, (await shop.PayAsync(user, tickets[..2])).Status);
        Assert.Equal("ticketLimit", (await shop.PayAsync(user, tickets[2..])).Json.GetProperty("reason").GetString());
        await shop.CheckBooksAsync();

        var later = (await shop.MakeSaleAsync(new { tickets = 1, opensInSeconds = 60 })).Json;
        Assert.Equal("scheduled 2026-11-22T00:01:00Z 4900",
            $"{later.GetProperty("phase")} {later.GetProperty("opensAt")} {later.GetProperty("price")}");
    }

    [Fact]
    public async Task A_sale_that_is_described_wrongly_is_not_made()
    {
        using var shop = new TicketShop();
        object[] wrong =
        [
            new { name = "A night" }, new { tickets = 0 }, new { tickets = 10_001 }, new { tickets = 1, name = "" },
                new { tickets = 1, name = new string('x', 201) }, new { tickets = 1, name = "a\nb" },
            new { tickets = 1, price = -1 }, new { tickets = 1, price = 1_000_001 }, new { tickets = 1, opensInSeconds = 3_601 },
                new { tickets = 1, maxPerOrder = 0 }, new { tickets = 1, maxPerUser = 101 },
        ];
        string[] fields = ["tickets", "tickets", "tickets", "name", "name", "name", "price", "price", "opensInSeconds", "maxPerOrder",
            "maxPerUser"];
        foreach (var (body, field) in wrong.Zip(fields))
        {
            var reply = await shop.MakeSaleAsync(body);
            Assert.Equal((400, field), (reply.Status, reply.Json.GetProperty("field").GetString()));
        }

        Assert.Equal(401, (await shop.MakeSaleAsync(new { tickets = 1 }, key: "another")).Status);
        Assert.Equal("""{"items":[]}""", (await shop.GetAsync("/sales")).Body);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_start_in_development_adds_an_open_sale_where_none_has_tickets_left(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        await shop.PayAsync(user, await shop.AddSaleAsync(1));
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => new DevelopmentSales(shop.Get<Transactions>(), shop.Clock).AddAsync()));
        var sales = (await shop.GetAsync("/sales")).Json.GetProperty("items").EnumerateArray()
            .Select(sale => $"{sale.GetProperty("phase")} {sale.GetProperty("available")}");
        Assert.Equal(["open 500", "scheduled 500", "soldOut 0"], sales.Order());
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Development_has_a_sale_that_is_open_and_one_that_opens_soon_or_has_just_and_starts_leave_nothing_behind(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NewStart().AddAsync()));
        Assert.Equal(["open 500", "scheduled 500"], await Phases());

        shop.Clock.Advance(TimeSpan.FromMinutes(1));
        await NewStart().AddAsync();
        Assert.Equal(["open 500", "open 500"], await Phases());
        for (var start = 0; start < 10; start++)
        {
            shop.Clock.Advance(TimeSpan.FromMinutes(11));
            await NewStart().AddAsync();
            Assert.Equal(["open 500", "scheduled 500"], await Phases());
        }

        await shop.CheckBooksAsync();

        DevelopmentSales NewStart() => new(shop.Get<Transactions>(), shop.Clock);

        async Task<IEnumerable<string>> Phases() =>
            (await shop.GetAsync("/sales")).Json.GetProperty("items").EnumerateArray()
                .Select(sale => $"{sale.GetProperty("phase")} {sale.GetProperty("available")}").Order();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_sale_of_Development_that_somebody_has_bought_from_stays_and_is_the_open_one(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        using var shop = new TicketShop(database);
        var user = (await shop.AddUsersAsync(1))[0];
        await NewStart().AddAsync();
        shop.Clock.Advance(TimeSpan.FromMinutes(2));
        var bought = (await shop.GetAsync("/sales")).Json.GetProperty("items").EnumerateArray()
            .Single(sale => sale.GetProperty("opensAt").GetString() == "2026-11-22T00:01:00Z").GetProperty("id").GetString();
        var ticket = (await shop.GetAsync($"/sales/{bought}/tickets")).Json.GetProperty("items")[0].GetProperty("id").GetGuid();
        Assert.Equal(200, (await shop.PayAsync(user, [ticket])).Status);
        shop.Clock.Advance(TimeSpan.FromMinutes(20));
        await NewStart().AddAsync();
        Assert.Equal(["499", "500", "500"], (await shop.GetAsync("/sales")).Json.GetProperty("items").EnumerateArray()
            .Select(sale => sale.GetProperty("available").ToString()).Order());
        await shop.CheckBooksAsync();

        DevelopmentSales NewStart() => new(shop.Get<Transactions>(), shop.Clock);
    }
}
