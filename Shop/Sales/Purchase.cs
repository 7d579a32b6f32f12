using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Shop.Sales;

/// <summary>What came of a purchase: a value with one of five kinds.</summary>
internal readonly record struct Purchase
{
    private Purchase(PurchaseKind kind) => Kind = kind;

    public PurchaseKind Kind { get; }

    /// <summary>What was bought, of <see cref="PurchaseKind.Paid"/>.</summary>
    public Receipt? Receipt { get; private init; }

    /// <summary>What becomes of the turn that was used.</summary>
    public TurnEnd Turn { get; init; }

    /// <summary>Why nothing was, of <see cref="PurchaseKind.Refused"/>.</summary>
    public Problem? Problem { get; private init; }

    /// <summary>
    /// Whether the permit that it cost is given back, of <see cref="PurchaseKind.Refused"/>: who is held in line pays for nothing.
    /// </summary>
    public bool IsFree { get; init; }

    /// <summary>Another request under the same key, or with the same turn, was there first.</summary>
    public static Purchase Overtaken { get; } = new(PurchaseKind.Overtaken);

    /// <summary>The payment failed for a technical reason: nothing was charged, the tickets were given back.</summary>
    public static Purchase NotPaid { get; } = new(PurchaseKind.NotPaid);

    /// <summary>Whether it was paid is not known yet; any front end will find out and end it.</summary>
    public static Purchase Unknown { get; } = new(PurchaseKind.Unknown);

    public static Purchase Paid(Receipt receipt) => new(PurchaseKind.Paid) { Receipt = receipt, Turn = TurnEnd.Used };

    public static Purchase Refused(Problem problem) => new(PurchaseKind.Refused) { Problem = problem };
}

/// <summary>What kind of end a purchase has.</summary>
internal enum PurchaseKind
{
    /// <summary>The tickets are the caller's.</summary>
    Paid,

    /// <summary>They are not sold, or the card was declined.</summary>
    Refused,

    Overtaken,

    /// <summary>Nothing was charged, for a technical reason.</summary>
    NotPaid,

    Unknown,
}
