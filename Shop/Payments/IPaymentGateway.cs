namespace OrleansLimiter.Shop.Payments;

/// <summary>
/// Who moves the money. Every call names an intent, and the same call for the same intent may come again from another front end at any
/// time, with the same effect as once. An exception, or no answer in time, means that nobody knows what happened; whoever got it asks
/// <see cref="CloseAsync"/>.
/// </summary>
public interface IPaymentGateway
{
    /// <summary>Charges an intent, at most once. One that was closed is never charged.</summary>
    /// <param name="intent">What to charge; recorded by the caller before the call.</param>
    /// <param name="card">The card.</param>
    /// <param name="cancellationToken">Ends the wait, not necessarily the charge.</param>
    /// <returns>What became of it.</returns>
    Task<ChargeResult> ChargeAsync(PaymentIntent intent, CardNumber card, CancellationToken cancellationToken);

    /// <summary>Settles an intent for good: if it was not charged, it never will be, however late a charge under way arrives.</summary>
    /// <param name="intentId">The intent; also one that was never heard of.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was charged.</returns>
    Task<IntentState> CloseAsync(Guid intentId, CancellationToken cancellationToken);

    /// <summary>Gives back what an intent was charged; nothing where it was given back before.</summary>
    /// <param name="intentId">An intent that was charged.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>When the refund is recorded.</returns>
    Task RefundAsync(Guid intentId, CancellationToken cancellationToken);
}

/// <summary>A payment that is meant.</summary>
/// <param name="Id">Its id: the order's.</param>
/// <param name="Amount">How much, in the currency's smallest unit.</param>
/// <param name="Currency">The currency (ISO 4217).</param>
public readonly record struct PaymentIntent(Guid Id, long Amount, string Currency);

/// <summary>What became of a charge.</summary>
public enum ChargeResult
{
    /// <summary>It failed for a technical reason: nothing was charged, and nothing will be.</summary>
    Failed,

    /// <summary>Charged.</summary>
    Charged,

    /// <summary>The card was declined.</summary>
    Declined,
}

/// <summary>What a settled intent is.</summary>
public enum IntentState
{
    /// <summary>It was not charged, and never will be.</summary>
    NotCharged,

    /// <summary>It was charged.</summary>
    Charged,

    /// <summary>It was charged and given back.</summary>
    Refunded,
}
