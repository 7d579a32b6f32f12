using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Payments;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>A gateway that hangs, answers late, or cannot be reached.</summary>
public sealed class GatewayTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_charge_that_hangs_is_closed_after_10_seconds_and_when_it_arrives_at_last_it_charges_nothing(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var gateway = new SlowGateway { HoldsCharges = true };
        using var shop = new TicketShop(database, configure: gateway.Configure);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(1);
        var paying = shop.PayAsync(users[0], tickets);
        await gateway.Charging;
        Assert.Equal("0/1/0", await shop.CountsAsync(tickets[0]));
        Assert.Equal("ticketGone", (await shop.PayAsync(users[1], tickets)).Json.GetProperty("reason").GetString());

        shop.Clock.Advance(Purchases.ChargeTimeout);
        var reply = await paying;
        Assert.Equal((503, "paymentUnavailable"), (reply.Status, reply.Json.GetProperty("reason").GetString()));
        Assert.Equal("1/0/0", await shop.CountsAsync(tickets[0]));

        Assert.Equal(ChargeResult.Failed, await gateway.ReleaseAsync());
        await shop.CheckBooksAsync();
        gateway.HoldsCharges = false;
        Assert.Equal(200, (await shop.PayAsync(users[1], tickets)).Status);
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task An_answer_that_was_lost_after_the_charge_is_found_out_and_the_tickets_are_sold(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var gateway = new SlowGateway { LosesAnswers = true };
        using var shop = new TicketShop(database, configure: gateway.Configure);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        Assert.Equal(200, (await shop.PayAsync(user, tickets)).Status);
        Assert.Equal("0/0/1", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
    }

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task A_gateway_that_is_away_for_a_minute_keeps_no_ticket_longer_and_what_it_had_charged_is_refunded(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var gateway = new SlowGateway { LosesAnswers = true, IsAway = true };
        using var shop = new TicketShop(database, configure: gateway.Configure);
        var users = await shop.AddUsersAsync(2);
        var tickets = await shop.AddSaleAsync(1);
        var reply = await shop.PayAsync(users[0], tickets, key: "order-1");
        Assert.Equal((503, "paymentUnavailable"), (reply.Status, reply.Json.GetProperty("reason").GetString()));
        Assert.Equal((409, "running"),
            ((await shop.PayAsync(users[0], tickets, key: "order-1")).Status,
            (await shop.PayAsync(users[0], tickets, key: "order-1")).Json.GetProperty("reason").GetString()));

        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + Inventory.TimeToLive - TimeSpan.FromMicroseconds(1));
        await shop.RecoverAsync();
        Assert.Equal("0/1/0", await shop.CountsAsync(tickets[0]));
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + TimeSpan.FromMicroseconds(1));
        await shop.RecoverAsync();
        Assert.Equal("1/0/0", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();
        gateway.LosesAnswers = false;
        Assert.Equal(200, (await shop.PayAsync(users[1], tickets)).Status);

        gateway.IsAway = false;
        await shop.RecoverAsync();
        await using var db = shop.Get<ServiceDbFactory>().Create();
        Assert.Equal([OrderStatus.Paid, OrderStatus.Refunded], await db.Orders.Select(order => order.Status).OrderBy(status => status)
            .ToListAsync(Cancellation));
        Assert.Equal([LedgerStatus.Charged, LedgerStatus.Refunded], await db.Ledger.Select(entry => entry.Status).OrderBy(status => status)
            .ToListAsync(Cancellation));
        Assert.Equal("""{"items":[]}""", (await shop.GetAsync("/ticket/receipts", users[0])).Body);
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task Many_unfinished_orders_are_resolved_side_by_side_and_end_in_time_though_the_gateway_hangs()
    {
        const int Orders = 100;
        var gateway = new SlowGateway { IsAway = true, LosesAnswers = true };
        using var shop = new TicketShop(configure: gateway.Configure);
        var users = await shop.AddUsersAsync(Orders);
        var tickets = await shop.AddSaleAsync(Orders);
        for (var i = 0; i < Orders; i++)
            Assert.Equal(503, (await shop.PayAsync(users[i], [tickets[i]])).Status);
        Assert.Equal($"0/{Orders}/0", await shop.CountsAsync(tickets[0]));

        gateway.HangsOnClose = true;
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + Inventory.TimeToLive);
        var recovering = shop.RecoverAsync();

        // The service's own round, which the jump set off, asks beside this one: both must wait before the clock moves.
        await Eventually.TrueAsync("both ask", () => Task.FromResult(gateway.Closing >= 2 * Recovery.AtOnce), Cancellation);

        // One time-out for all of them: whoever were asked for after these would hang for ever, since the clock moves no more.
        shop.Clock.Advance(Purchases.SettleTimeout);
        await recovering.WaitAsync(RawConnection.Patience, Cancellation);
        Assert.Equal($"{Orders}/0/0", await shop.CountsAsync(tickets[0]));
        await shop.CheckBooksAsync();

        // What had been charged is given back once the gateway answers.
        (gateway.HangsOnClose, gateway.IsAway) = (false, false);
        shop.Clock.Advance(Purchases.SettleTimeout); // what the service's own round may still wait for
        await shop.RecoverAsync();
        await using var db = shop.Get<ServiceDbFactory>().Create();
        Assert.All(await db.Orders.ToListAsync(Cancellation), order => Assert.Equal(OrderStatus.Refunded, order.Status));
    }

    [Fact]
    public async Task Orders_that_the_gateway_chokes_on_keep_no_others_from_being_finished()
    {
        const int Orders = 50;
        var gateway = new SlowGateway { IsAway = true, LosesAnswers = true };
        using var shop = new TicketShop(configure: gateway.Configure);
        var users = await shop.AddUsersAsync(Orders);
        var tickets = await shop.AddSaleAsync(Orders);
        for (var i = 0; i < Orders; i++)
            await shop.PayAsync(users[i], [tickets[i]]);
        await using var db = shop.Get<ServiceDbFactory>().Create();
        gateway.ChokesOn = [.. (await db.Orders.ToListAsync(Cancellation)).Take(10).Select(order => order.Id)];
        gateway.IsAway = false;
        shop.Clock.JumpTo(shop.Clock.GetUtcNow() + Inventory.TimeToFinish);
        await shop.RecoverAsync();
        Assert.Equal("0/10/40", await shop.CountsAsync(tickets[0]));
    }

    [Fact]
    public async Task A_client_that_goes_away_in_the_middle_does_not_stop_its_purchase()
    {
        var gateway = new SlowGateway { HoldsCharges = true };
        using var shop = new TicketShop(configure: gateway.Configure);
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(1);
        using (var connection = new RawConnection(shop.Service.Port))
        {
            var body = $$"""{"ticketUuids":["{{tickets[0]}}"],"creditCard":"{{TicketShop.Card}}"}""";
            await connection.SendAsync(
                $"POST /ticket/pay-ticket HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {user}\r\nContent-Type: "
                + $"application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            await gateway.Charging;
        }

        Assert.Equal(ChargeResult.Charged, await gateway.ReleaseAsync());
        while (await shop.CountsAsync(tickets[0]) != "0/0/1")
            await Task.Yield();
        await shop.CheckBooksAsync();
    }

    /// <summary>The sandbox, behind a line that the test disturbs.</summary>
    private sealed class SlowGateway : IPaymentGateway
    {
        private readonly TaskCompletionSource _charging = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<ChargeResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private SandboxGateway? _sandbox;
        private int _hanging;

        public bool HoldsCharges { get; set; }

        public bool LosesAnswers { get; set; }

        public bool IsAway { get; set; }

        public bool HangsOnClose { get; set; }

        public HashSet<Guid> ChokesOn { get; set; } = [];

        /// <summary>How many calls that settle an intent hang.</summary>
        public int Closing => Volatile.Read(ref _hanging);

        public Task Charging => _charging.Task.WaitAsync(RawConnection.Patience, Cancellation);

        public void Configure(IServiceCollection services)
        {
            services.AddSingleton<SandboxGateway>();
            services.AddSingleton<IPaymentGateway>(provider =>
            {
                _sandbox = provider.GetRequiredService<SandboxGateway>();
                return this;
            });
        }

        public Task<ChargeResult> ReleaseAsync()
        {
            _released.SetResult();
            return _result.Task.WaitAsync(RawConnection.Patience, Cancellation);
        }

        public async Task<ChargeResult> ChargeAsync(PaymentIntent intent, CardNumber card, CancellationToken cancellationToken)
        {
            if (HoldsCharges)
            {
                _charging.SetResult();
                await _released.Task;
                _result.SetResult(await _sandbox!.ChargeAsync(intent, card, cancellationToken));
                return await _result.Task;
            }

            var result = await _sandbox!.ChargeAsync(intent, card, cancellationToken);
            return LosesAnswers ? throw new IOException("The answer was lost.") : result;
        }

        public async Task<IntentState> CloseAsync(Guid intentId, CancellationToken cancellationToken)
        {
            if (HangsOnClose)
            {
                var ended = Task.Delay(Timeout.Infinite, cancellationToken);
                Interlocked.Increment(ref _hanging);
                await ended;
            }

            return IsAway || ChokesOn.Contains(intentId)
                ? throw new IOException("The gateway is away.")
                : await _sandbox!.CloseAsync(intentId, cancellationToken);
        }

        public Task RefundAsync(Guid intentId, CancellationToken cancellationToken) => _sandbox!.RefundAsync(intentId, cancellationToken);
    }
}
