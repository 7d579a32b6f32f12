using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Tests.Auth;
using OrleansLimiter.Shop.Tests.Tickets;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Databases;

/// <summary>
/// A PostgreSQL that takes what is sent and says nothing: frozen, or behind a network that drops packets. Runs alone: how soon the service
/// answers is measured, and other tests would take its processors and threads.
/// </summary>
[CollectionDefinition(nameof(SilentDatabaseTests), DisableParallelization = true)]
[Collection(nameof(SilentDatabaseTests))]
public sealed class SilentDatabaseTests
{
    // What is documented is five seconds; a machine that has other work takes longer, and the client's own time-outs are many times that.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LimitBound = TimeSpan.FromSeconds(4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_of_the_shop_is_503_in_time_and_readiness_says_why_until_it_answers_again()
    {
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var relay = new Relay(new Uri(database.Url).Port);
        using var shop = new TicketShop(database.Behind(relay.Port).Hasty(), hasValve: true);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(3);
        var sale = await shop.SaleOfAsync(tickets[0]);
        Assert.Equal(200, (await shop.GetAsync("/sales")).Status);
        shop.Clock.Advance(TimeSpan.FromMinutes(1)); // what was read lately is read again
        Assert.Equal("ready", (await shop.GetAsync("/health/ready")).Json.GetProperty("status").GetString());
        relay.FallSilent();

        (string Name, Func<Task<Reply>> Ask)[] routes =
        [
            ("sales", () => shop.GetAsync("/sales")),
            ("sale", () => shop.GetAsync($"/sales/{sale}")),
            ("tickets", () => shop.GetAsync($"/sales/{sale}/tickets")),
            ("draw", () => shop.GetAsync($"/sales/{sale}/draw")),
            ("login", () => shop.OperateAsync("/auth/login", new { email = "ada@example.test", password = AuthService.Password })),
            ("sign-up", () => shop.OperateAsync("/auth/signup", new { email = "ada@example.test", password = AuthService.Password })),
            ("refresh", () => shop.OperateAsync("/auth/refresh-token", new { refreshToken = RefreshSecret.New().Text })),
            ("purchase", () => shop.PayAsync(user, tickets[..1])),
            ("purchase with a key", () => shop.PayAsync(user, tickets[..1], key: "order-1")),
            ("receipts", () => shop.GetAsync("/ticket/receipts", user)),
            ("join", () => shop.QueueAsync(HttpMethod.Post, sale, user)),
            ("poll", () => shop.QueueAsync(HttpMethod.Get, sale, user)),
            ("leave", () => shop.QueueAsync(HttpMethod.Delete, sale, user)),
            ("end", () => shop.OperateAsync($"/admin/sales/{sale}/end", null)),
            ("pause", () => shop.OperateAsync(sale, "pause")),
            ("users", () => shop.OperateAsync("/admin/dev/users", new { count = 1 })),
        ];
        var answers = await Task.WhenAll(routes.Select(route => TimedAsync(route.Name, route.Ask)));

        Assert.All(answers, answer => Assert.Equal(
            (503, "1", true), (answer.Reply.Status, answer.Reply.Header("Retry-After"), answer.Took < Bound)));
        var unready = await shop.GetAsync("/health/ready");
        Assert.Equal((200, "degraded", "memory"),
            (unready.Status, unready.Json.GetProperty("status").GetString(), unready.Json.GetProperty("engine").GetString()));
        Assert.StartsWith("the database does not answer", unready.Json.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.Contains("ExceptionHandlerMiddleware", StringComparison.Ordinal));
        Assert.Contains(shop.Service.Log.Lines, line => line.Contains("The database could not be used for", StringComparison.Ordinal));

        relay.Speak();
        await Eventually.TrueAsync("it is asked again", async () => (await shop.GetAsync("/sales")).Status == 200, Cancellation);
        Assert.Equal("ready", (await shop.GetAsync("/health/ready")).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Limits_are_served_on_while_many_wait_for_it_and_when_they_give_up()
    {
        using var database = await TestDatabase.CreateAsync(TestDatabase.Postgres);
        using var relay = new Relay(new Uri(database.Url).Port);
        using var shop = new TicketShop(database.Behind(relay.Port).Hasty());
        await shop.AddSaleAsync(1);
        var open = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => shop.GetAsync("/sales"))); // as many connections as there may be
        Assert.All(open, reply => Assert.Equal(200, reply.Status));
        relay.FallSilent();

        var waiting = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => TimedAsync("sales", () => shop.GetAsync("/sales"))));
        var longest = TimeSpan.Zero;
        using var client = shop.Service.Connect();
        while (!waiting.IsCompleted)
        {
            var watch = Stopwatch.StartNew();
            using var answer = await client.PostAsJsonAsync("/limit/incr", new { key = "one", policy = "unlimited-bench" }, Cancellation);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            longest = watch.Elapsed > longest ? watch.Elapsed : longest;
        }

        Assert.All(await waiting, answer => Assert.Equal((503, true), (answer.Reply.Status, answer.Took < Bound)));
        Assert.True(longest < LimitBound, $"A limit was answered after {longest}.");
    }

    private static async Task<(string Name, Reply Reply, TimeSpan Took)> TimedAsync(string name, Func<Task<Reply>> ask)
    {
        var watch = Stopwatch.StartNew();
        var reply = await ask();
        return (name, reply, watch.Elapsed);
    }
}
