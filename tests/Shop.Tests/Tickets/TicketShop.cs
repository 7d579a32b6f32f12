using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>The service with its ticket sale, and clients of it.</summary>
internal sealed class TicketShop : IDisposable
{
    /// <summary>A card that pays.</summary>
    public const string Card = "4242 4242 4242 4242";

    private readonly HttpClient _client;

    /// <summary>Starts it.</summary>
    /// <param name="database">Default: a SQLite file of its own.</param>
    /// <param name="clock">Default: one of its own.</param>
    /// <param name="configure">Services to put in place of the real ones.</param>
    /// <param name="hasValve">Whether the queue valve stands before purchases; default: nothing but the clock does.</param>
    /// <param name="valve">Settings of the valve, without their section.</param>
    /// <param name="settings">Other settings.</param>
    /// <param name="permits">The limit of purchases per user and minute. Default: so many that it does not matter.</param>
    public TicketShop(TestDatabase? database = null, FakeTimeProvider? clock = null, Action<IServiceCollection>? configure = null,
        int permits = 10_000, bool hasValve = false, IReadOnlyDictionary<string, string>? settings = null,
        params (string Name, string Value)[] valve)
    {
        var all = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["BUY_TICKET_RATE_LIMIT_MAX_REQUESTS"] = permits.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in valve)
            all[$"Valve:{name}"] = value;
        Service = new TestService(settings: all, database: database, clock: clock, configure: services =>
        {
            if (!hasValve)
                services.AddSingleton<ISaleDoor, ClockDoor>();
            configure?.Invoke(services);
        });
        _client = Service.Connect();
    }

    /// <summary>The service.</summary>
    public TestService Service { get; }

    /// <summary>The clock.</summary>
    public FakeTimeProvider Clock => Service.Clock;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A part of the service.</summary>
    public T Get<T>()
        where T : notnull => Service.Services.GetRequiredService<T>();

    /// <summary>Makes users.</summary>
    /// <returns>Their access tokens.</returns>
    public async Task<string[]> AddUsersAsync(int count)
    {
        var users = Enumerable.Range(0, count).Select(_ => Guid.NewGuid())
            .Select(id => new User { Id = id, Email = $"{id:N}@example.test", PasswordHash = "none" }).ToArray();
        await using var db = Get<ServiceDbFactory>().Create();
        db.AddRange(users.AsEnumerable());
        await db.SaveChangesAsync(Cancellation);
        return Array.ConvertAll(users, user => Get<AccessTokens>().Issue(user.Id, session: null));
    }

    /// <summary>Makes a sale that is open, unless told otherwise.</summary>
    /// <returns>Its tickets.</returns>
    public async Task<Guid[]> AddSaleAsync(
        int count, TimeSpan? opensIn = null, TimeSpan? closesIn = null, int maxPerUser = Sale.DefaultMax, int maxPerOrder = Sale.DefaultMax)
    {
        var now = Clock.GetUtcNow();
        var sale = new Sale
        {
            Id = Guid.NewGuid(),
            Name = "A sale",
            OpensAt = Instant.From(now + (opensIn ?? TimeSpan.Zero)),
            ClosesAt = closesIn is { } end ? Instant.From(now + end) : null,
            Price = 4_900,
            Currency = "EUR",
            Total = count,
            Available = count,
            MaxPerOrder = maxPerOrder,
            MaxPerUser = maxPerUser,
        };
        var tickets = Enumerable.Range(0, count).Select(_ => new Ticket { Id = Guid.NewGuid(), SaleId = sale.Id }).ToArray();
        await using var db = Get<ServiceDbFactory>().Create();
        db.Add(sale);
        db.AddRange(tickets.AsEnumerable());
        await db.SaveChangesAsync(Cancellation);
        return Array.ConvertAll(tickets, ticket => ticket.Id);
    }

    /// <summary>Buys tickets.</summary>
    public Task<Reply> PayAsync(string? token, Guid[] tickets, string? card = Card, string? key = null) =>
        PayAsync(token, new { ticketUuids = tickets, creditCard = card }, key);

    /// <summary>Sends a body to where tickets are bought.</summary>
    public Task<Reply> PayAsync(string? token, object body, string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/ticket/pay-ticket") { Content = JsonContent.Create(body) };
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return SendAsync(request, token);
    }

    /// <summary>Sends a text to where tickets are bought.</summary>
    public Task<Reply> PayTextAsync(string token, string json, string key)
    {
        var request = new HttpRequestMessage(
            HttpMethod.Post, "/ticket/pay-ticket")
        { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return SendAsync(request, token);
    }

    /// <summary>Buys a ticket with an admission.</summary>
    public Task<Reply> PayAsync(string token, Guid ticket, string admission, string? key = null)
    {
        var request = new HttpRequestMessage(
            HttpMethod.Post, "/ticket/pay-ticket")
        {
            Content = JsonContent.Create(
                new { ticketUuids = (Guid[])[ticket], creditCard = Card })
        };
        request.Headers.TryAddWithoutValidation("Sale-Admission", admission);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return SendAsync(request, token);
    }

    /// <summary>The sale of a ticket.</summary>
    public async Task<Guid> SaleOfAsync(Guid ticket)
    {
        await using var db = Get<ServiceDbFactory>().Create();
        return (await db.Tickets.SingleAsync(row => row.Id == ticket, Cancellation)).SaleId;
    }

    /// <summary>Calls a sale's queue: POST joins, GET asks, DELETE leaves.</summary>
    public Task<Reply> QueueAsync(HttpMethod method, Guid sale, string? token) =>
        SendAsync(new HttpRequestMessage(method, $"/sales/{sale}/queue"), token);

    /// <summary>Tells a sale's valve something as an operator.</summary>
    public Task<Reply> OperateAsync(Guid sale, string command, object? body = null) =>
        OperateAsync($"/admin/sales/{sale}/valve/{command}", body);

    /// <summary>Calls an operators' route.</summary>
    public Task<Reply> OperateAsync(string path, object? body, string key = "dev-operator-key")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("X-Operator-Key", key);
        return SendAsync(request, token: null);
    }

    /// <summary>Has a sale made by the route that does it in Development.</summary>
    public Task<Reply> MakeSaleAsync(object body, string key = "dev-operator-key") => OperateAsync("/admin/dev/sales", body, key);

    /// <summary>Gets a path.</summary>
    public Task<Reply> GetAsync(string path, string? token = null) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), token);

    /// <summary>A sale's counts as <c>available/held/sold</c>.</summary>
    public async Task<string> CountsAsync(Guid ticket)
    {
        await using var db = Get<ServiceDbFactory>().Create();
        var sale = await db.Sales.SingleAsync(sale => db.Tickets.Any(row => row.Id == ticket && row.SaleId == sale.Id), Cancellation);
        return $"{sale.Available}/{sale.Held}/{sale.Sold}";
    }

    /// <summary>Finishes what was left unfinished.</summary>
    public Task RecoverAsync() => Get<Recovery>().RunOnceAsync(Cancellation);

    /// <summary>Holds the tables against each other: what must be so at every instant, whatever crashed.</summary>
    public async Task CheckBooksAsync()
    {
        await using var db = Get<ServiceDbFactory>().Create();
        await using var snapshot = await db.Database.BeginTransactionAsync(System.Data.IsolationLevel.Serializable, Cancellation);
        var sales = await db.Sales.ToListAsync(Cancellation);
        var tickets = await db.Tickets.ToListAsync(Cancellation);
        var orders = await db.Orders.ToDictionaryAsync(order => order.Id, Cancellation);
        var buyers = await db.Buyers.ToListAsync(Cancellation);
        var ledger = await db.Ledger.ToListAsync(Cancellation);

        foreach (var sale in sales)
        {
            var counted = tickets.Where(ticket => ticket.SaleId == sale.Id).CountBy(ticket => ticket.Status).ToDictionary();
            Assert.Equal(
                (sale.Available, sale.Held, sale.Sold),
                (counted.GetValueOrDefault(TicketStatus.Available), counted.GetValueOrDefault(TicketStatus.Held),
                    counted.GetValueOrDefault(TicketStatus.Sold)));
        }

        var byOrder = tickets.Where(ticket => ticket.OrderId is not null).ToLookup(ticket => ticket.OrderId!.Value);
        foreach (var order in orders.Values)
        {
            var expected = order.Status switch
            {
                OrderStatus.Paid => TicketStatus.Sold,
                OrderStatus.Held => TicketStatus.Held,
                _ =>
                TicketStatus.Available
            };
            Assert.Equal(expected == TicketStatus.Available ? 0 : order.Tickets, byOrder[order.Id].Count());
            Assert.All(byOrder[order.Id], ticket => Assert.Equal((expected, order.SaleId), (ticket.Status, ticket.SaleId)));
        }

        foreach (var buyer in buyers)
            Assert.Equal(orders.Values.Where(
                order =>
                order.UserId == buyer.UserId && order.SaleId == buyer.SaleId && order.Status is OrderStatus.Held or OrderStatus.Paid)
                .Sum(order => order.Tickets), buyer.Tickets);

        // No charge without tickets, but one that is being settled; no tickets without a charge.
        var charged = ledger.Where(entry => entry.Status == LedgerStatus.Charged).ToDictionary(entry => entry.IntentId);
        foreach (var entry in charged.Values)
        {
            Assert.Contains(orders[entry.IntentId].Status, (OrderStatus[])[OrderStatus.Paid, OrderStatus.Held, OrderStatus.Lapsed]);
            Assert.Equal(orders[entry.IntentId].Amount, entry.Amount);
        }

        Assert.All(orders.Values.Where(order => order.Status == OrderStatus.Paid), order => Assert.Contains(order.Id, charged));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _client.Dispose();
        Service.Dispose();
    }

    /// <summary>Sends a request, as a user where there is a token.</summary>
    public async Task<Reply> SendAsync(HttpRequestMessage request, string? token)
    {
        using (request)
        {
            if (token is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await _client.SendAsync(request, Cancellation);
            return await Reply.ReadAsync(response, Cancellation);
        }
    }
}
