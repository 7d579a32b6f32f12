using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Data;

/// <summary>What the sandbox gateway knows of an intent.</summary>
internal enum LedgerStatus
{
    /// <summary>Charged.</summary>
    Charged = 1,

    /// <summary>The card was declined.</summary>
    Declined = 2,

    /// <summary>Closed before it was charged: it never will be.</summary>
    Closed = 3,

    /// <summary>Charged, and given back.</summary>
    Refunded = 4,
}

/// <summary>A line of the sandbox gateway's ledger: one per intent, so none is charged twice.</summary>
internal sealed class LedgerEntry
{
    /// <summary>The intent.</summary>
    public Guid IntentId { get; init; }

    /// <summary>What became of it.</summary>
    public LedgerStatus Status { get; init; }

    /// <summary>How much, in the currency's smallest unit; 0 where nothing was asked for.</summary>
    public long Amount { get; init; }

    /// <summary>The currency.</summary>
    public string Currency { get; init; } = string.Empty;

    /// <summary>The card's last four digits.</summary>
    public string CardLast4 { get; init; } = string.Empty;

    /// <summary>When.</summary>
    public Instant At { get; init; }
}
