using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Api.Data;
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
        slow.Release();
        Assert.Equal(200, (await first).Status);
        Assert.Equal(200, (await shop.PayAsync(users[1], tickets[1..2])).Status);
        await shop.CheckBooksAsync();
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
}
