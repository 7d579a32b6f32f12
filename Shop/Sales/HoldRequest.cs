using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Payments;

namespace OrleansLimiter.Shop.Sales;

/// <summary>A purchase that is asked for, with everything checked that needs no write. Immutable.</summary>
/// <param name="Sale">The sale.</param>
/// <param name="UserId">Who buys.</param>
/// <param name="Tickets">Which tickets, each once.</param>
/// <param name="Card">What is charged.</param>
/// <param name="AdmissionId">The turn that is used up; null: none.</param>
/// <param name="Key">The <c>Idempotency-Key</c>; null: none.</param>
internal sealed record HoldRequest(
    Sale Sale, Guid UserId, IReadOnlyList<Guid> Tickets, CardNumber Card, string? AdmissionId, RequestKey? Key);

/// <summary>What came of asking for tickets.</summary>
internal enum HoldOutcome
{
    /// <summary>They are held, and the order is recorded.</summary>
    Held,

    /// <summary>Another purchase has one of them.</summary>
    TicketGone,

    /// <summary>The sale has none left.</summary>
    SoldOut,

    Closed,

    /// <summary>An operator holds the line.</summary>
    Paused,

    /// <summary>The user would have too many.</summary>
    TicketLimit,

    /// <summary>The turn was used for another purchase.</summary>
    AdmissionUsed,

    /// <summary>The turn has ended: it was given up, or too many payments were declined.</summary>
    AdmissionEnded,

    /// <summary>A purchase under the same key, or with the same turn, was there first.</summary>
    Overtaken,
}

/// <summary>What came of giving tickets back.</summary>
internal enum Released
{
    /// <summary>The order had ended before.</summary>
    Before,

    Now,

    /// <summary>They are back, and the order's admission has ended: its slot at the valve is another's.</summary>
    WithItsAdmission,
}
