using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Payments;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Buys tickets: hold, charge, sell. The hold records the order before anything is charged, so that whatever ends this front end in
/// between, another one can find out what happened (<see cref="Recovery"/>). Nothing here ends because the caller went away. Safe for use
/// by many threads.
/// </summary>
internal sealed partial class Purchases(Inventory inventory, IPaymentGateway gateway, TimeProvider time, ILogger<Purchases> logger)
{
    /// <summary>How long the gateway may take to charge.</summary>
    public static readonly TimeSpan ChargeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long the gateway may take for any other call.</summary>
    public static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(5);

    public async Task<Purchase> BuyAsync(HoldRequest request)
    {
        var (outcome, order) = await inventory.HoldAsync(request);
        return outcome switch
        {
            HoldOutcome.Held => await PayAsync(order, request.Card),
            HoldOutcome.Closed => Purchase.Refused(PurchaseProblems.Closed),
            HoldOutcome.SoldOut => Purchase.Refused(PurchaseProblems.SoldOut),
            HoldOutcome.TicketLimit => Purchase.Refused(PurchaseProblems.TicketLimit(request.Sale)),
            HoldOutcome.Paused => Purchase.Refused(PurchaseProblems.Paused) with { IsFree = true },
            HoldOutcome.AdmissionEnded => Purchase.Refused(PurchaseProblems.AdmissionEnded) with { Turn = TurnEnd.Ended },
            HoldOutcome.AdmissionUsed => Purchase.Refused(PurchaseProblems.AdmissionUsed),
            HoldOutcome.Overtaken => Purchase.Overtaken,
            _ => Purchase.Refused(PurchaseProblems.TicketGone),
        };
    }

    /// <summary>Finds out, for good, whether an order was charged, and ends it accordingly.</summary>
    /// <returns>What came of it; <see cref="Purchase.Unknown"/> where the gateway does not say.</returns>
    public async Task<Purchase> SettleAsync(Order order)
    {
        IntentState state;
        try
        {
            state = await BoundedAsync(SettleTimeout, cancellation => gateway.CloseAsync(order.Id, cancellation));
        }
        catch (Exception failure)
        {
            LogUnknown(logger, order.Id, failure);
            return Purchase.Unknown;
        }

        return state == IntentState.Charged ? await SellAsync(order) : await ReleaseAsync(order, OrderStatus.Failed, Purchase.NotPaid);
    }

    /// <summary>Gives back what an order was charged whose tickets are with others again, if it was.</summary>
    /// <exception cref="Exception">The gateway does not say; to be tried again.</exception>
    public async Task SettleLapsedAsync(Order order)
    {
        var state = await BoundedAsync(SettleTimeout, cancellation => gateway.CloseAsync(order.Id, cancellation));
        if (state == IntentState.Charged)
        {
            await BoundedAsync(SettleTimeout, async cancellation =>
            {
                await gateway.RefundAsync(order.Id, cancellation);
                return true;
            });
        }

        await inventory.EndLapsedAsync(order, state == IntentState.NotCharged ? OrderStatus.Failed : OrderStatus.Refunded);
    }

    private async Task<Purchase> PayAsync(Order order, CardNumber card)
    {
        ChargeResult result;
        try
        {
            result = await BoundedAsync(ChargeTimeout, cancellation =>
                gateway.ChargeAsync(new PaymentIntent(order.Id, order.Amount, order.Currency), card, cancellation));
        }
        catch (Exception failure)
        {
            LogUnknown(logger, order.Id, failure);
            return await SettleAsync(order);
        }

        return result switch
        {
            ChargeResult.Charged => await SellAsync(order),
            ChargeResult.Declined => await ReleaseAsync(order, OrderStatus.Declined, Purchase.Refused(PurchaseProblems.Declined)),
            _ => await ReleaseAsync(order, OrderStatus.Failed, Purchase.NotPaid),
        };
    }

    /// <summary>Whoever ended the order before owes the charge back, and has recorded it.</summary>
    private async Task<Purchase> SellAsync(Order order) =>
        await inventory.SellAsync(order) is { } receipt ? Purchase.Paid(receipt) : Purchase.Unknown;

    private async Task<Purchase> ReleaseAsync(Order order, OrderStatus end, Purchase purchase) =>
        await inventory.ReleaseAsync(order, end) switch
        {
            Released.Before => Purchase.Unknown,
            Released.WithItsAdmission => purchase with { Turn = TurnEnd.Ended },
            _ => purchase,
        };

    private async Task<T> BoundedAsync<T>(TimeSpan timeout, Func<CancellationToken, Task<T>> call)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        return await call(deadline.Token).WaitAsync(deadline.Token);
    }

    [LoggerMessage(EventId = 1, EventName = "PaymentUnknown", Level = LogLevel.Warning,
        Message = "The gateway did not say what became of the payment {Order}; it will be asked again.")]
    private static partial void LogUnknown(ILogger logger, Guid order, Exception failure);
}
