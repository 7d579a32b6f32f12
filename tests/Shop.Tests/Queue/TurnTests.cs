using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Queue;

/// <summary>The valve before a purchase: with an admission, and without one.</summary>
public sealed class TurnTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Clients_that_only_send_their_purchase_again_are_served_in_the_order_of_the_line()
    {
        using var shop = new TicketShop(hasValve: true, permits: 5, valve: [("Admissions", "1"), ("WindowSeconds", "10")]);
        var users = await shop.AddUsersAsync(5);
        var tickets = await shop.AddSaleAsync(5);
        var dueAt = new DateTimeOffset[users.Length];
        var position = Enumerable.Repeat(int.MaxValue, users.Length).ToArray();
        var served = new List<int>();
        for (var i = 0; i < users.Length; i++)
            await TryAsync(i);
        Assert.Equal([0], served);
        Assert.Equal([1, 2, 3, 4], position[1..]);

        // Who stands last asks first: the order of asking is not the order of the line.
        for (var second = 0; second < 120 && served.Count < users.Length; second++)
        {
            shop.Clock.Advance(TimeSpan.FromSeconds(1));
            for (var i = users.Length - 1; i > 0; i--)
            {
                if (!served.Contains(i) && dueAt[i] <= shop.Clock.GetUtcNow())
                    await TryAsync(i);
            }
        }

        Assert.Equal([0, 1, 2, 3, 4], served);
        await shop.CheckBooksAsync();

        async Task TryAsync(int i)
        {
            var reply = await shop.PayAsync(users[i], [tickets[i]]);
            if (reply.Status == 200)
            {
                served.Add(i);
                return;
            }

            var seconds = int.Parse(reply.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Equal((429, "buy-ticket", "memory",
                $"You are number {reply.Json.GetProperty("queue").GetProperty("position")} in line. Send the request again in {seconds} "
                + $"second{(seconds == 1 ? "" : "s")}: you keep your place."),
                (reply.Status, Text(reply, "policy"), Text(reply, "source"), Text(reply, "message")));
            Assert.Equal((reply.Json.GetProperty("retryAfterMs").GetInt64() + 999) / 1_000, seconds);
            Assert.Equal("\"buy-ticket\";r=5", reply.Header("RateLimit"));
            var now = reply.Json.GetProperty("queue").GetProperty("position").GetInt32();
            Assert.True(now <= position[i], $"The position grew from {position[i]} to {now}.");
            position[i] = now;
            dueAt[i] = shop.Clock.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        }
    }

    [Fact]
    public async Task Who_is_held_is_told_what_for_and_not_that_a_limit_was_exceeded()
    {
        using var shop = new TicketShop(hasValve: true, permits: 5, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(2);
        var (open, later) = (await shop.AddSaleAsync(2), await shop.AddSaleAsync(1, opensIn: TimeSpan.FromSeconds(60)));
        await shop.QueueAsync(HttpMethod.Post, await shop.SaleOfAsync(open[0]), users[0]);
        Assert.Equal(
            ("waiting", "You are number 1 in line. Send the request again in 1 second: you keep your place."), await HeldAsync(open));
        shop.Clock.Advance(TimeSpan.FromSeconds(1));
        await shop.OperateAsync(await shop.SaleOfAsync(open[0]), "pause");
        Assert.Equal(("paused",
            "The sale is paused: nobody is let in. You are number 1 in line. Send the request again in 1 second: you keep your place."),
            await HeldAsync(open));
        Assert.Equal(("preQueue",
            "The sale opens at 2026-11-22T00:01:00Z: you have a place in the draw. Send the request again in 15 seconds: you keep your "
            + "place."), await HeldAsync(later));
        await shop.OperateAsync(await shop.SaleOfAsync(later[0]), "pause");
        Assert.Equal("paused", (await HeldAsync(later)).Reason);

        async Task<(string? Reason, string? Message)> HeldAsync(Guid[] tickets)
        {
            var reply = await shop.PayAsync(users[1], tickets[..1]);
            Assert.Equal(429, reply.Status);
            return (Text(reply, "reason"), Text(reply, "message"));
        }
    }

    [Fact]
    public async Task Who_comes_sooner_than_half_the_told_wait_pays_a_permit_and_keeps_the_place()
    {
        using var shop = new TicketShop(hasValve: true, permits: 5, valve: [("Admissions", "1"), ("WindowSeconds", "3600")]);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(2);
        Assert.Equal(200, (await shop.PayAsync(users[0], tickets[..1])).Status);
        Assert.Equal((60_000, 1, "\"buy-ticket\";r=5"), await HeldAsync());
        Assert.Equal((60_000, 1, "\"buy-ticket\";r=4;t=60"), await HeldAsync());
        shop.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((60_000, 1, "\"buy-ticket\";r=4;t=30"), await HeldAsync());
        shop.Clock.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Equal((60_000, 1, "\"buy-ticket\";r=3;t=1"), await HeldAsync());

        async Task<(long RetryAfterMs, int Position, string? Left)> HeldAsync()
        {
            var reply = await shop.PayAsync(users[1], tickets[1..]);
            Assert.Equal(429, reply.Status);
            return (reply.Json.GetProperty("retryAfterMs").GetInt64(), reply.Json.GetProperty("queue").GetProperty("position").GetInt32(),
                reply.Header("RateLimit"));
        }
    }

    [Fact]
    public async Task A_429_of_the_purchase_limit_keeps_the_place_as_long_as_it_says_to_wait()
    {
        using var shop = new TicketShop(hasValve: true, permits: 1);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        await shop.OperateAsync(sale, "pause");
        Assert.Equal(1, (await shop.PayAsync(user, tickets[..1])).Json.GetProperty("queue").GetProperty("position").GetInt32());
        Assert.Equal(1, (await shop.PayAsync(user, tickets[..1])).Json.GetProperty("queue").GetProperty("position").GetInt32());
        var refused = await shop.PayAsync(user, tickets[..1]);
        Assert.Equal((429, "60", false), (refused.Status, refused.Header("Retry-After"), refused.Json.TryGetProperty("queue", out _)));

        // Longer than a place lives that was told to ask again in a second: 30 s.
        shop.Clock.Advance(TimeSpan.FromSeconds(60));
        var held = await shop.QueueAsync(HttpMethod.Get, sale, user);
        Assert.Equal((200, 1), (held.Status, held.Json.GetProperty("place").GetInt32()));
    }

    [Fact]
    public async Task An_admission_is_good_once_for_its_owner_and_its_sale_and_frees_its_slot()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(3);
        var others = await shop.AddSaleAsync(1);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var admission = (await shop.QueueAsync(HttpMethod.Post, sale, users[0])).Json.GetProperty("admission").GetString()!;
        Assert.Equal("waiting", (await shop.QueueAsync(HttpMethod.Post, sale, users[1])).Json.GetProperty("state").GetString());

        var parts = admission.Split('.');
        parts[4] = "9" + parts[4][1..];
        foreach (var refused in (Reply[])
        [
            await shop.PayAsync(users[1], tickets[0], admission),
            await shop.PayAsync(users[0], others[0], admission),
            await shop.PayAsync(users[0], tickets[0], string.Join('.', parts)),
            await shop.PayAsync(users[0], tickets[0], "forged"),
        ])
            Assert.Equal((400, "admissionNotGood", "Sale-Admission"), (refused.Status, Text(refused, "reason"), Text(refused, "field")));

        Assert.Equal(200, (await shop.PayAsync(users[0], tickets[0], admission)).Status);
        var again = await shop.PayAsync(users[0], tickets[1], admission);
        Assert.Equal((409, "admissionUsed"), (again.Status, Text(again, "reason")));
        shop.Clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal("admitted", (await shop.QueueAsync(HttpMethod.Get, sale, users[1])).Json.GetProperty("state").GetString());
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task A_declined_card_does_not_use_the_turn_up()
    {
        using var shop = new TicketShop(hasValve: true, valve: [("Checkout", "1")]);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        Assert.Equal(402, (await shop.PayAsync(user, tickets, "4000000000000002")).Status);
        Assert.Equal(200, (await shop.PayAsync(user, tickets)).Status);
    }

    [Fact]
    public async Task A_valve_that_does_not_answer_lets_nobody_through_but_who_has_an_admission()
    {
        using var shop = new TicketShop(
            hasValve: true, permits: 5, configure: services => services.AddSingleton<IValveEngine, SilentValve>());
        var users = await shop.AddUsersAsync(1);
        var tickets = await shop.AddSaleAsync(1);
        var sale = await shop.SaleOfAsync(tickets[0]);
        foreach (var refused in (Reply[])[
            await shop.PayAsync(users[0], tickets), await shop.QueueAsync(HttpMethod.Post, sale, users[0]),
            await shop.GetAsync($"/sales/{sale}/draw"), await shop.OperateAsync(sale, "resume")])
            Assert.Equal((503, "1", "valveUnavailable", "cluster"),
                (refused.Status, refused.Header("Retry-After"), Text(refused, "reason"), Text(refused, "source")));
        Assert.Equal("\"buy-ticket\";r=5", (await shop.PayAsync(users[0], tickets)).Header("RateLimit"));
        Assert.Equal("open", (await shop.GetAsync($"/sales/{sale}")).Json.GetProperty("phase").GetString());

        var user = Guid.Parse(new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(users[0]).Subject);
        var admission = new Admission(new AdmissionId(1, 1), SaleId.Of(sale.ToString()), SaleValves.NameOf(user),
            Instant.From(shop.Clock.GetUtcNow() + TimeSpan.FromMinutes(1)));
        Assert.Equal(200, (await shop.PayAsync(
            users[0], tickets[0], AdmissionToken.Sign(admission, shop.Get<ValveSettings>().Keys))).Status);
        Assert.Contains(shop.Service.Log.Lines, line => line.Contains("could not be told of a purchase", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_is_in_line_only_until_that_is_stored_is_let_through_without_coming_twice()
    {
        using var shop = new TicketShop(
            hasValve: true,
            permits: 5,
            configure: services =>
                services.AddSingleton<IValveEngine>(
                    provider => new StoringValve(new MemoryValve(provider.GetRequiredService<TimeProvider>()))));
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var began = shop.Clock.GetUtcNow();

        var bought = shop.PayAsync(user, tickets);
        while (!bought.IsCompleted)
        {
            if (shop.Clock.IsDueIn(Pause))
                shop.Clock.Advance(Pause);
            await Task.Yield();
        }

        Assert.Equal((200, "\"buy-ticket\";r=4;t=60"), ((await bought).Status, (await bought).Header("RateLimit")));
        Assert.Equal(2 * Pause, shop.Clock.GetUtcNow() - began);
    }

    private static string? Text(Reply reply, string name) => reply.Json.GetProperty(name).GetString();
}
