using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>What the sandbox gateway knows of an intent.</summary>
internal enum LedgerStatus
{
    Charged = 1,

    Declined = 2,

    /// <summary>Closed before it was charged: it never will be.</summary>
    Closed = 3,

    Refunded = 4,
}

/// <summary>A line of the sandbox gateway's ledger: one per intent, so none is charged twice.</summary>
internal sealed class LedgerEntry
{
    public Guid IntentId { get; init; }

    public LedgerStatus Status { get; init; }

    /// <summary>How much, in the currency's smallest unit; 0 where nothing was asked for.</summary>
    public long Amount { get; init; }

    public string Currency { get; init; } = string.Empty;

    /// <summary>The card's last four digits.</summary>
    public string CardLast4 { get; init; } = string.Empty;

    public Instant At { get; init; }
}
