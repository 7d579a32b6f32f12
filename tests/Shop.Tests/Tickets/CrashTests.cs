using Microsoft.EntityFrameworkCore;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>
/// A front end that is killed at any step of a purchase, and another that finishes for it, even if it is killed at any step of that.
/// </summary>
public sealed class CrashTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(DatabaseKinds.All), MemberType = typeof(DatabaseKinds))]
    public async Task Killed_at_any_step_of_a_purchase_and_again_at_any_step_of_its_recovery_nothing_is_lost_or_charged_twice(string kind)
    {
        using var database = await TestDatabase.CreateAsync(kind);
        var clock = new FakeTimeProvider();
        var (first, second) = (new Crash(), new Crash());
        using var shop = new TicketShop(database, clock, first.Configure);
        using var other = new TicketShop(database, clock, second.Configure);
        var ends = new HashSet<string>();
        var steps = 0;
        for (var step = 1; ; step++)
        {
            var recoveries = 0;
            for (var recoveryStep = 1; ; recoveryStep++)
            {
                var user = (await shop.AddUsersAsync(1))[0];
                var tickets = (await shop.AddSaleAsync(3))[..2];

                first.At(step);
                var reply = await shop.PayAsync(user, tickets, key: "order");
                var wasKilled = first.IsDead;
                await other.CheckBooksAsync();

                second.At(recoveryStep);
                clock.Advance(Inventory.TimeToFinish);
                await KilledOrNot(other.RecoverAsync());
                var wasKilledAgain = second.IsDead;
                second.Revive();
                await other.RecoverAsync();
                await other.CheckBooksAsync();
                Assert.Contains(await other.CountsAsync(tickets[0]), (string[])["3/0/0", "1/0/2"]);
                ends.Add($"{(wasKilled ? "killed" : "lived")} {await other.CountsAsync(tickets[0])}");

                // The client, who may have heard nothing, asks again.
                var again = await other.PayAsync(user, tickets, key: "order");
                Assert.Equal(200, again.Status);
                Assert.True(reply.Status != 200 || reply.Body == again.Body, "The answer changed.");
                Assert.Equal("1/0/2", await other.CountsAsync(tickets[0]));
                var receipts = (await other.GetAsync("/ticket/receipts", user)).Json.GetProperty("items");
                Assert.Equal(again.Json.GetProperty("receiptId").GetGuid(), Assert.Single(receipts.EnumerateArray())
                    .GetProperty("receiptId").GetGuid());
                await other.CheckBooksAsync();
                first.Revive();
                recoveries = recoveryStep;
                if (!wasKilledAgain)
                    break;
            }

            await OnlyOneChargeEach(other);
            first.At(step);
            var last = await shop.PayAsync((await AliveUser(other))[0], await other.AddSaleAsync(1), key: "last");
            var isDone = !first.IsDead;
            first.Revive();
            steps = step;
            if (isDone)
            {
                Assert.Equal(200, last.Status);
                break;
            }

            Assert.True(recoveries >= 1);
        }

        Assert.True(steps > 8, $"Only {steps} steps were tried.");
        Assert.Equal(["killed 1/0/2", "killed 3/0/0", "lived 1/0/2"], ends.Order());
    }

    private static Task<string[]> AliveUser(TicketShop shop) => shop.AddUsersAsync(1);

    private static async Task OnlyOneChargeEach(TicketShop shop)
    {
        await using var db = shop.Get<ServiceDbFactory>().Create();
        var charges = await db.Ledger.Where(entry => entry.Status == LedgerStatus.Charged)
            .Join(db.Orders, entry => entry.IntentId, order => order.Id, (entry, order) => order.UserId).ToListAsync(Cancellation);
        Assert.Equal(charges.Distinct().Count(), charges.Count);
    }

    /// <summary>A front end that is killed while it looks for unfinished purchases.</summary>
    private static async Task KilledOrNot(Task recovery)
    {
        try
        {
            await recovery;
        }
        catch (CrashException)
        {
            // Killed.
        }
    }
}
