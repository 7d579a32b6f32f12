using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Shop.Accounts;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Tests.Databases;
using OrleansLimiter.TestKit;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Tickets;

/// <summary>A database that is too slow for what is asked of it.</summary>
public sealed class BusyDatabaseTests
{
    [Fact]
    public async Task Purchases_that_would_wait_too_long_are_503_early_cost_no_permit_and_those_that_have_begun_are_finished()
    {
        using var slow = new HeldStep();
        using var shop = new TicketShop(permits: 5, configure: services => services.AddSingleton<IInterceptor>(new HeldCommit(slow)));
        var users = await shop.AddUsersAsync(3);
        var tickets = await shop.AddSaleAsync(3);
        slow.HoldNext();
        var first = shop.PayAsync(users[0], tickets[..1]);
        await slow.Held;
        shop.Clock.Advance(WriterQueue.LongestWait + TimeSpan.FromMilliseconds(1));

        var refused = await shop.PayAsync(users[1], tickets[1..2]);
        Assert.Equal((503, "databaseBusy", "3", "\"buy-ticket\";r=5"),
            (refused.Status, refused.Json.GetProperty("reason").GetString(), refused.Header("Retry-After"), refused.Header("RateLimit")));
        // an answer, and as many as there are callers
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.StartsWith("Error ", StringComparison.Ordinal));
        slow.Release();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await shop.PayAsync(users[1], tickets[1..2])).Status);
        await shop.CheckBooksAsync();
    }

    [Theory]
    [InlineData(0, "/auth/refresh-token")]
    [InlineData(0, "/ticket/pay-ticket")]
    [InlineData(2, "/ticket/pay-ticket")]
    [InlineData(0, "/admin/sales/{sale}/end")]
    [InlineData(0, "/admin/sales/{sale}/valve/pause")]
    public async Task A_file_that_another_process_has_locked_is_503_databaseBusy_within_a_bound_and_one_short_line(
        int turnsBefore, string path)
    {
        var locked = new Locked();
        using var shop = new TicketShop(configure: services => services.AddSingleton<IInterceptor>(locked));
        var user = (await shop.AddUsersAsync(1))[0];
        var tickets = await shop.AddSaleAsync(2);
        var sale = await shop.SaleOfAsync(tickets[0]);
        var began = shop.Clock.GetTimestamp();
        locked.After(turnsBefore, shop.Clock);

        var refused = path switch
        {
            "/ticket/pay-ticket" => await shop.PayAsync(user, tickets[..1]),
            "/auth/refresh-token" => await shop.OperateAsync(path, new { refreshToken = RefreshSecret.New().Text }),
            _ => await shop.OperateAsync(path.Replace("{sale}", sale.ToString(), StringComparison.Ordinal), null),
        };
        Assert.Equal((503, "databaseBusy", "1"),
            (refused.Status, refused.Json.GetProperty("reason").GetString(), refused.Header("Retry-After")));
        Assert.InRange(shop.Clock.GetElapsedTime(began), Locked.Patience, Transactions.LongestTry + Locked.Patience);

        // The framework logs when it has answered.
        await Eventually.TrueAsync("it is told", () =>
            Task.FromResult(shop.Service.Log.Lines.Any(line => line.Contains("The database had no time", StringComparison.Ordinal))),
            TestContext.Current.CancellationToken);
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.StartsWith("Error ", StringComparison.Ordinal));
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
        Assert.Single(shop.Service.Log.Lines, line =>
            line.StartsWith("Warning OrleansLimiter.Shop.Data.BusyLog: The database had no time for 1 requests", StringComparison.Ordinal));

        locked.Open();
        await shop.RecoverAsync();
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task One_that_cannot_even_be_read_for_others_is_503_databaseBusy_too()
    {
        var broken = new BrokenReads(() => new SqliteException("SQLite Error 5: 'database is locked'.", 5));
        using var shop = new TicketShop(configure: services => services.AddSingleton<IInterceptor>(broken));
        broken.AreOn = true;
        var refused = await shop.GetAsync("/sales");
        Assert.Equal((503, "databaseBusy", "1"),
            (refused.Status, refused.Json.GetProperty("reason").GetString(), refused.Header("Retry-After")));
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.StartsWith("Error ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_fails_otherwise_is_in_the_log()
    {
        var broken = new BrokenReads(() => new InvalidOperationException("a fault of ours"));
        using var shop = new TicketShop(configure: services => services.AddSingleton<IInterceptor>(broken));
        broken.AreOn = true;
        Assert.Equal(500, (await shop.GetAsync("/sales")).Status);
        await Eventually.TrueAsync(
            "the failure is in the log, which it reaches after its answer",
            () => Task.FromResult(shop.Service.Log.Lines.Any(
                line => line.StartsWith("Error Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware: ", StringComparison.Ordinal)
                && line.Contains("a fault of ours", StringComparison.Ordinal))),
            TestContext.Current.CancellationToken);
    }

    /// <summary>Commits of which one may be held.</summary>
    private sealed class HeldCommit(HeldStep step) : DbTransactionInterceptor
    {
        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
            DbTransaction transaction, TransactionEventData eventData, InterceptionResult result,
            CancellationToken cancellationToken = default)
        {
            await step.PassAsync(cancellationToken);
            return result;
        }
    }

    /// <summary>Locks the file to writers, each of whom waits as long as the library does.</summary>
    private sealed class Locked : DbTransactionInterceptor
    {
        public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

        private FakeTimeProvider? _clock;
        private int _left;

        public void After(int turns, FakeTimeProvider clock)
        {
            _left = turns;
            Volatile.Write(ref _clock, clock);
        }

        public void Open() => Volatile.Write(ref _clock, null);

        public override ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
            DbConnection connection, TransactionStartingEventData eventData, InterceptionResult<DbTransaction> result,
            CancellationToken cancellationToken = default)
        {
            if (Volatile.Read(ref _clock) is not { } clock || Interlocked.Decrement(ref _left) >= 0)
                return new(result);
            clock.Advance(Patience);
            throw new SqliteException("SQLite Error 5: 'database is locked'.", 5);
        }
    }

    /// <summary>Fails where something is read.</summary>
    private sealed class BrokenReads(Func<Exception> failure) : DbCommandInterceptor
    {
        public bool AreOn { get; set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default) =>
            AreOn ? throw failure() : new(result);
    }
}
