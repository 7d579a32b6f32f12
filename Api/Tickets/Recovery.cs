using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Api.Data;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Api.Tickets;

/// <summary>
/// Finishes, once a second, what a front end left unfinished: any running front end for any other. Whether the payment was made decides: then the tickets are sold, else they
/// are given back. Where the gateway does not say, they are given back when the hold runs out, and a charge that turns out later is refunded. Several at once do no harm:
/// each end is a compare-and-set.
/// </summary>
internal sealed partial class Recovery(ServiceDbFactory databases, Inventory inventory, Purchases purchases, TimeProvider time, ILogger<Recovery> logger) : BackgroundService
{
    private const int AtOnce = 100;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Finishes now whatever is due. One that cannot be finished does not keep the others from it.</summary>
    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var order in await FindAsync(OrderStatus.Held, cancellationToken))
            await TryAsync(order, FinishAsync);
        foreach (var order in await FindAsync(OrderStatus.Lapsed, cancellationToken))
            await TryAsync(order, purchases.SettleLapsedAsync);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var isFailing = false;
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
                isFailing = false;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                if (!isFailing)
                    LogFailed(logger, failure);
                isFailing = true;
            }
        }
    }

    private async Task FinishAsync(Order order)
    {
        var settled = await purchases.SettleAsync(order);
        if (settled.Kind != PurchaseKind.Unknown)
            LogFinished(logger, order.Id, settled.Kind);
        else if (order.HeldUntil <= Instant.From(time.GetUtcNow()))
            await inventory.ReleaseAsync(order, OrderStatus.Lapsed);
    }

    private async Task TryAsync(Order order, Func<Order, Task> finish)
    {
        try
        {
            await finish(order);
        }
        catch (Exception failure)
        {
            LogOpen(logger, order.Id, order.Status, failure);
        }
    }

    private async Task<List<Order>> FindAsync(OrderStatus status, CancellationToken cancellationToken)
    {
        var now = Instant.From(time.GetUtcNow());
        await using var db = databases.Create();
        return await db.Orders.Where(order => order.Status == status && order.DueAt <= now).OrderBy(order => order.DueAt).Take(AtOnce).ToListAsync(cancellationToken);
    }

    [LoggerMessage(EventId = 1, EventName = "PurchaseFinished", Level = LogLevel.Warning, Message = "The purchase {Order} was left unfinished, and was finished: {Kind}.")]
    private static partial void LogFinished(ILogger logger, Guid order, PurchaseKind kind);

    [LoggerMessage(EventId = 2, EventName = "PurchaseOpen", Level = LogLevel.Error, Message = "The purchase {Order} ({Status}) could not be finished; the next second tries again.")]
    private static partial void LogOpen(ILogger logger, Guid order, OrderStatus status, Exception failure);

    [LoggerMessage(EventId = 3, EventName = "RecoveryFailed", Level = LogLevel.Error, Message = "Unfinished purchases could not be looked through; each second tries again, and says so when it fails anew.")]
    private static partial void LogFailed(ILogger logger, Exception failure);
}
