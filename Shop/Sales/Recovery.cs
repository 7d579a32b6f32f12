using Microsoft.EntityFrameworkCore;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Line;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Finishes, once a second, what a front end left unfinished: any running front end for any other. Whether the payment was made decides:
/// then the tickets are sold, else they are given back. Where the gateway does not say, they are given back when the hold runs out, and a
/// charge that turns out later is refunded. Several at once do no harm: each end is a compare-and-set.
/// </summary>
internal sealed partial class Recovery(
    ServiceDbFactory databases, Inventory inventory, Purchases purchases, ISaleDoor door, TimeProvider time, ILogger<Recovery> logger)
    : BackgroundService
{
    /// <summary>How many orders are finished side by side.</summary>
    public const int AtOnce = 32;

    private const int MostInRound = 1_000;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Finishes now whatever is due, many side by side. One that cannot be finished does not keep the others from it, and once the gateway
    /// has answered for none of as many as are asked at a time, or has let one wait in vain, it is not asked for the others: so a round
    /// takes about as long as one order, and holds end in time though the gateway hangs.
    /// </summary>
    public Task RunOnceAsync(CancellationToken cancellationToken) => Task.WhenAll(
        FinishAllAsync(OrderStatus.Held, FinishAsync, cancellationToken),
        FinishAllAsync(OrderStatus.Lapsed, SettleLapsedAsync, cancellationToken));

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

    private async Task FinishAllAsync(OrderStatus status, Func<Order, Round, Task> finish, CancellationToken cancellationToken)
    {
        var round = new Round(time);
        var orders = await FindAsync(status, cancellationToken);
        await Parallel.ForEachAsync(orders, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (order, _) =>
        {
            try
            {
                await finish(order, round);
            }
            catch (Exception failure)
            {
                round.Note(isAnswered: false);
                LogOpen(logger, order.Id, order.Status, failure);
            }
        });
    }

    private async Task FinishAsync(Order order, Round round)
    {
        var settled = round.IsGatewaySilent ? Purchase.Unknown : await purchases.SettleAsync(order);
        round.Note(settled.Kind != PurchaseKind.Unknown);
        if (settled.Kind != PurchaseKind.Unknown)
            LogFinished(logger, order.Id, settled.Kind);
        else if (order.HeldUntil <= Instant.From(time.GetUtcNow())
            && await inventory.ReleaseAsync(order, OrderStatus.Lapsed) == Released.WithItsAdmission)
            settled = settled with { Turn = TurnEnd.Ended };
        if (settled.Turn != TurnEnd.Kept && AdmissionId.TryParse(order.AdmissionId, out var turn))
            await door.LeaveAsync(
                new Admission(turn, SaleValves.NameOf(order), SaleValves.NameOf(order.UserId), order.HeldUntil), settled.Turn);
    }

    private async Task SettleLapsedAsync(Order order, Round round)
    {
        if (round.IsGatewaySilent)
            return;
        await purchases.SettleLapsedAsync(order);
        round.Note(isAnswered: true);
    }

    private async Task<List<Order>> FindAsync(OrderStatus status, CancellationToken cancellationToken)
    {
        var now = Instant.From(time.GetUtcNow());
        await using var db = databases.Create();
        return await db.Orders.Where(order => order.Status == status && order.DueAt <= now).OrderBy(order => order.DueAt).Take(MostInRound)
            .ToListAsync(cancellationToken);
    }

    [LoggerMessage(EventId = 1, EventName = "PurchaseFinished", Level = LogLevel.Warning,
        Message = "The purchase {Order} was left unfinished, and was finished: {Kind}.")]
    private static partial void LogFinished(ILogger logger, Guid order, PurchaseKind kind);

    [LoggerMessage(EventId = 2, EventName = "PurchaseOpen", Level = LogLevel.Error,
        Message = "The purchase {Order} ({Status}) could not be finished; the next second tries again.")]
    private static partial void LogOpen(ILogger logger, Guid order, OrderStatus status, Exception failure);

    [LoggerMessage(EventId = 3, EventName = "RecoveryFailed", Level = LogLevel.Error,
        Message = "Unfinished purchases could not be looked through; each second tries again, and says so when it fails anew.")]
    private static partial void LogFailed(ILogger logger, Exception failure);

    /// <summary>What the orders of one round know of each other. A few that the gateway chokes on say nothing about the others.</summary>
    private sealed class Round(TimeProvider time)
    {
        private readonly long _began = time.GetTimestamp();
        private int _inVain;

        /// <summary>
        /// Whether the gateway has answered for none of the last orders, of as many as are asked at a time; or for not the last, and for as
        /// long as it may take for one.
        /// </summary>
        public bool IsGatewaySilent =>
            Volatile.Read(ref _inVain) is var inVain
            && (inVain >= AtOnce || (inVain > 0 && time.GetElapsedTime(_began) >= Purchases.SettleTimeout));

        /// <summary>Notes whether it answered for one.</summary>
        public void Note(bool isAnswered)
        {
            if (isAnswered)
                Volatile.Write(ref _inVain, 0);
            else
                Interlocked.Increment(ref _inVain);
        }
    }
}
