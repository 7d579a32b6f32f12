using System.Security.Cryptography;
using System.Text.Json;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>The line before a sale: who comes, in which order they are served, and how they lose their place.</summary>
public sealed class QueueTests
{
    [Fact]
    public async Task Who_comes_before_the_opening_is_drawn_and_served_in_the_order_of_the_draw()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Admissions", "1"), ("WindowSeconds", "10")]);
        var users = await shop.AddUsersAsync(6);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(10, opensIn: TimeSpan.FromSeconds(60)))[0]);
        Assert.Equal("preQueue", (await shop.GetAsync($"/sales/{sale}")).Json.GetProperty("phase").GetString());
        var seedHash = (await shop.GetAsync($"/sales/{sale}/draw")).Json.GetProperty("seedHash").GetString();
        var places = new Dictionary<long, string>();
        foreach (var user in users)
        {
            var joined = await shop.QueueAsync(HttpMethod.Post, sale, user);
            Assert.Equal((200, "preQueue", JsonValueKind.Null, JsonValueKind.Null),
                (joined.Status, State(joined), joined.Json.GetProperty("position").ValueKind,
                joined.Json.GetProperty("etaSeconds").ValueKind));
            places[joined.Json.GetProperty("place").GetInt64()] = user;
        }

        Assert.Equal($$"""{"seedHash":"{{seedHash}}","rule":"HMAC-SHA256(seed, place.placesHash)"}""",
            (await shop.GetAsync($"/sales/{sale}/draw")).Body);
        shop.Clock.Advance(TimeSpan.FromSeconds(40));
        foreach (var user in users)
            Assert.Equal("preQueue", State(await shop.QueueAsync(HttpMethod.Get, sale, user)));
        shop.Clock.Advance(TimeSpan.FromSeconds(20));

        var draw = (await shop.GetAsync($"/sales/{sale}/draw")).Json;
        Assert.True(DrawSeed.TryParse(draw.GetProperty("seed").GetString(), out var seed));
        var took = draw.GetProperty("places").EnumerateArray()
            .Select(run => new PlaceRun(run.GetProperty("first").GetInt64(), run.GetProperty("last").GetInt64())).ToList();
        Assert.Equal(seedHash, Convert.ToHexStringLower(SHA256.HashData(seed.Span)));
        Assert.Equal(Draw.HashOf(took), draw.GetProperty("placesHash").GetString());
        var order = Draw.Order(seed, took, Draw.HashOf(took)).Select(place => places[place]).ToList();
        Assert.Equal(6, order.Distinct().Count());
        for (var served = 0; served < order.Count; served++)
        {
            for (var i = 0; i < order.Count; i++)
            {
                var answer = await shop.QueueAsync(HttpMethod.Get, sale, order[i]);
                Assert.Equal(i <= served ? "admitted" : "waiting", State(answer));
                if (i > served)
                    Assert.Equal((i - served, 10L * (i - served)),
                        (answer.Json.GetProperty("position").GetInt32(), answer.Json.GetProperty("etaSeconds").GetInt64()));
            }

            shop.Clock.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(200)]
    public async Task After_the_clock_was_set_a_sale_opens_when_it_says_and_its_admissions_buy(int step)
    {
        using var shop = new TicketShop(hasValve: true);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1, opensIn: TimeSpan.FromSeconds(800));
        var sale = await shop.SaleOfAsync(tickets[0]);
        await shop.GetAsync($"/sales/{sale}");

        shop.Clock.StepWall(TimeSpan.FromSeconds(step));
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + TimeSpan.FromSeconds(800 - step - 1));
        Assert.Equal("preQueue", State(await shop.QueueAsync(HttpMethod.Post, sale, user)));
        shop.Clock.Advance(TimeSpan.FromSeconds(1));

        var admission = (await shop.QueueAsync(HttpMethod.Get, sale, user)).Json.GetProperty("admission").GetString()!;
        Assert.Equal(200, (await shop.PayAsync(user, tickets[0], admission)).Status);
    }

    [Fact]
    public async Task Before_the_pre_queue_nobody_joins()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("PreQueueSeconds", "10")]);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1, opensIn: TimeSpan.FromSeconds(60));
        var sale = await shop.SaleOfAsync(tickets[0]);
        Assert.Equal("scheduled", (await shop.GetAsync($"/sales/{sale}")).Json.GetProperty("phase").GetString());
        foreach (var refused in (Reply[])[await shop.QueueAsync(HttpMethod.Post, sale, user), await shop.PayAsync(user, tickets)])
            Assert.Equal((409, "saleNotOpen", "2026-11-22T00:01:00Z"),
                (refused.Status, Reason(refused), refused.Json.GetProperty("opensAt").GetString()));
        shop.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("preQueue", State(await shop.QueueAsync(HttpMethod.Post, sale, user)));
        var held = await shop.PayAsync(user, tickets);
        Assert.Equal((429, """{"position":null,"etaSeconds":null}"""), (held.Status, held.Json.GetProperty("queue").GetRawText()));
    }

    [Fact]
    public async Task Joining_again_returns_the_same_place_and_without_one_there_is_nothing_to_ask_for()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(3);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(3))[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, users[0]);
        var first = await shop.QueueAsync(HttpMethod.Post, sale, users[1]);
        Assert.Equal(["state", "position", "etaSeconds", "pollAfterMs", "place"], first.Json.EnumerateObject()
            .Select(member => member.Name));
        Assert.Equal(first.Json.GetProperty("place").GetInt64(),
            (await shop.QueueAsync(HttpMethod.Post, sale, users[1])).Json.GetProperty("place").GetInt64());
        Assert.Equal(1, (await shop.QueueAsync(HttpMethod.Get, sale, users[1])).Json.GetProperty("position").GetInt32());
        var none = await shop.QueueAsync(HttpMethod.Get, sale, users[2]);
        Assert.Equal((404, "noPlace"), (none.Status, Reason(none)));
        Assert.Equal(404, (await shop.QueueAsync(HttpMethod.Post, Guid.NewGuid(), users[2])).Status);
        Assert.Equal(401, (await shop.QueueAsync(HttpMethod.Post, sale, null)).Status);
    }

    [Fact]
    public async Task Who_leaves_gives_the_place_up_and_the_others_move_on()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(3);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(3))[0]);
        foreach (var user in users)
            await shop.QueueAsync(HttpMethod.Post, sale, user);
        Assert.Equal(2, (await shop.QueueAsync(HttpMethod.Get, sale, users[2])).Json.GetProperty("position").GetInt32());
        Assert.Equal(204, (await shop.QueueAsync(HttpMethod.Delete, sale, users[1])).Status);
        Assert.Equal(204, (await shop.QueueAsync(HttpMethod.Delete, sale, users[1])).Status);
        Assert.Equal(1, (await shop.QueueAsync(HttpMethod.Get, sale, users[2])).Json.GetProperty("position").GetInt32());
        Assert.Equal(404, (await shop.QueueAsync(HttpMethod.Get, sale, users[1])).Status);
        Assert.Equal(204, (await shop.QueueAsync(HttpMethod.Delete, sale, users[0])).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("admitted", State(await shop.QueueAsync(HttpMethod.Get, sale, users[2])));
    }

    [Fact]
    public async Task Who_does_not_use_the_turn_loses_it_to_the_next()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1"), ("AcceptSeconds", "10")]);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = (await shop.QueueAsync(HttpMethod.Post, sale, users[0])).Json.GetProperty("admission").GetString()!;
        Assert.Equal("waiting", State(await shop.QueueAsync(HttpMethod.Post, sale, users[1])));
        shop.Clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("waiting", State(await shop.QueueAsync(HttpMethod.Get, sale, users[1])));
        shop.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("admitted", State(await shop.QueueAsync(HttpMethod.Get, sale, users[1])));
        Assert.Equal((404, "noPlace"), await StatusAndReason(shop.QueueAsync(HttpMethod.Get, sale, users[0])));
        Assert.Equal((400, "admissionNotGood"), await StatusAndReason(shop.PayAsync(users[0], tickets[0], admission)));
        var again = await shop.PayAsync(users[0], tickets[..1]);
        Assert.Equal((429, 1), (again.Status, again.Json.GetProperty("queue").GetProperty("position").GetInt32()));
    }

    [Fact]
    public async Task An_operator_holds_the_line_lets_it_go_on_and_changes_its_caps()
    {
        using var shop = new TicketShop(hasValve: true);
        var users = await shop.AddUsersAsync(2);
        var sale = await shop.SaleOfAsync((await shop.AddSaleAsync(3))[0]);
        Assert.Equal("paused", (await shop.OperateAsync(sale, "pause")).Json.GetProperty("phase").GetString());
        Assert.Equal("paused", (await shop.GetAsync($"/sales/{sale}")).Json.GetProperty("phase").GetString());
        var held = await shop.QueueAsync(HttpMethod.Post, sale, users[0]);
        Assert.Equal(("waiting", 1, JsonValueKind.Null),
            (State(held), held.Json.GetProperty("position").GetInt32(), held.Json.GetProperty("etaSeconds").ValueKind));
        shop.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("waiting", State(await shop.QueueAsync(HttpMethod.Get, sale, users[0])));
        var resumed = (await shop.OperateAsync(sale, "resume")).Json;
        Assert.Equal(("open", 1, 0), (resumed.GetProperty("phase").GetString(), resumed.GetProperty("inCheckout").GetInt32(),
            resumed.GetProperty("waiting").GetInt32()));
        Assert.Equal("admitted", State(await shop.QueueAsync(HttpMethod.Get, sale, users[0])));

        var changed = (await shop.OperateAsync(sale, "rates", new { checkout = 1 })).Json;
        Assert.Equal((100, 1_000, 1), (
            changed.GetProperty("admissions").GetInt32(), changed.GetProperty("windowMs").GetInt32(), changed.GetProperty("checkout")
            .GetInt32()));
        Assert.Equal("waiting", State(await shop.QueueAsync(HttpMethod.Post, sale, users[1])));
        var wrong = await shop.OperateAsync(sale, "rates", new { windowMs = 999 });
        Assert.Equal((400, "windowMs is 999: it must be an integer from 1,000 to 3,600,000."),
            (wrong.Status, wrong.Json.GetProperty("message").GetString()));
        Assert.Equal(404, (await shop.OperateAsync(Guid.NewGuid(), "pause")).Status);
        Assert.Equal(401, (await shop.GetAsync($"/admin/sales/{sale}/valve")).Status);
    }

    [Fact]
    public async Task When_all_is_sold_the_line_is_told_and_nobody_joins()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Admissions", "1"), ("WindowSeconds", "60")]);
        var users = await shop.AddUsersAsync(3);
        var tickets = await shop.AddSaleAsync(1);
        var sale = await shop.SaleOfAsync(tickets[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, users[0]);
        await shop.QueueAsync(HttpMethod.Post, sale, users[1]);
        Assert.Equal(200, (await shop.PayAsync(users[0], tickets)).Status);
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("soldOut", State(await shop.QueueAsync(HttpMethod.Get, sale, users[1])));
        Assert.Equal((409, "soldOut"), await StatusAndReason(shop.QueueAsync(HttpMethod.Post, sale, users[2])));
        Assert.Equal((409, "soldOut"), await StatusAndReason(shop.PayAsync(users[1], tickets)));
    }

    [Fact]
    public async Task When_the_sale_is_over_places_and_admissions_end()
    {
        using var shop = new TicketShop(hasValve: true);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1, closesIn: TimeSpan.FromSeconds(5));
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = (await shop.QueueAsync(HttpMethod.Post, sale, user)).Json.GetProperty("admission").GetString()!;
        shop.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((410, "saleClosed"), await StatusAndReason(shop.QueueAsync(HttpMethod.Get, sale, user)));
        Assert.Equal((410, "saleClosed"), await StatusAndReason(shop.PayAsync(user, tickets[0], admission)));
    }

    private static string? State(Reply reply) => reply.Json.GetProperty("state").GetString();

    private static string? Reason(Reply reply) => reply.Json.GetProperty("reason").GetString();

    private static async Task<(int Status, string? Reason)> StatusAndReason(Task<Reply> reply) =>
        ((await reply).Status, Reason(await reply));
}
