using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Testing;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>A database that is too slow for what is asked of it.</summary>
public sealed class BusyDatabaseTests
{
    [Fact]
    public async Task Purchases_that_would_wait_too_long_are_503_early_cost_no_permit_and_those_that_have_begun_are_finished()
    {
        using var slow = new SlowCommit();
        using var shop = new Shop(permits: 5, configure: services => services.AddSingleton<IInterceptor>(slow));
        var users = await shop.AddUsersAsync(3);
        var tickets = await shop.AddSaleAsync(3);
        slow.HoldNext();
        var first = shop.PayAsync(users[0], tickets[..1]);
        await slow.Held;
        shop.Clock.Advance(WriterQueue.LongestWait + TimeSpan.FromMilliseconds(1));

        var refused = await shop.PayAsync(users[1], tickets[1..2]);
        Assert.Equal((503, "databaseBusy", "3", "\"buy-ticket\";r=5"), (refused.Status, refused.Json.GetProperty("reason").GetString(), refused.Header("Retry-After"), refused.Header("RateLimit")));
        Assert.DoesNotContain(shop.Service.Log.Lines, line => line.StartsWith("Error ", StringComparison.Ordinal)); // an answer, and as many as there are callers
        slow.Release();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await shop.PayAsync(users[1], tickets[1..2])).Status);
        await shop.CheckBooksAsync();
    }

    [Fact]
    public async Task A_database_that_fails_otherwise_is_in_the_log()
    {
        var broken = new BrokenReads();
        using var shop = new Shop(configure: services => services.AddSingleton<IInterceptor>(broken));
        broken.AreOn = true;
        Assert.Equal(500, (await shop.GetAsync("/sales")).Status);
        await Eventually.TrueAsync(
            "the failure is in the log, which it reaches after its answer",
            () => Task.FromResult(shop.Service.Log.Lines.Any(line => line.StartsWith("Error Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware: ", StringComparison.Ordinal) && line.Contains("a fault of ours", StringComparison.Ordinal))),
            TestContext.Current.CancellationToken);
    }

    /// <summary>Holds one transaction before its commit, as a disk or a starved process would.</summary>
    private sealed class SlowCommit : DbTransactionInterceptor, IDisposable
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly SemaphoreSlim _released = new(0);
        private int _left;

        public Task Held => _held.Task.WaitAsync(RawConnection.Patience, TestContext.Current.CancellationToken);

        public void HoldNext() => Volatile.Write(ref _left, 1);

        public void Release() => _released.Release();

        public void Dispose() => _released.Dispose();

        public override async ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            if (Interlocked.Exchange(ref _left, 0) == 1)
            {
                _held.SetResult();
                await _released.WaitAsync(cancellationToken);
            }

            return result;
        }
    }

    /// <summary>Fails where something is read.</summary>
    private sealed class BrokenReads : DbCommandInterceptor
    {
        public bool AreOn { get; set; }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default) =>
            AreOn ? throw new InvalidOperationException("a fault of ours") : new(result);
    }
}
