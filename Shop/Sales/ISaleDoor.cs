using OrleansLimiter.AspNetCore;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// Stands between the validation of a purchase and the purchase: whether a sale sells to a caller now. What the queue valve is to a
/// purchase. Safe for use by many threads.
/// </summary>
internal interface ISaleDoor
{
    /// <summary>The phases of sales, in their order, as <c>/sales</c> tells them: all of them within one deadline.</summary>
    ValueTask<IReadOnlyList<string>> PhasesOfAsync(IReadOnlyList<Sale> sales);

    /// <summary>Asks for a caller's turn.</summary>
    /// <param name="context">The request: authenticated, and with <c>Sale-Admission</c> where the caller has one.</param>
    /// <param name="sale">The sale.</param>
    ValueTask<DoorAnswer> AskAsync(HttpContext context, Sale sale);

    /// <summary>Is told that a purchase which was let through has ended.</summary>
    /// <param name="admission">The turn that let it through.</param>
    /// <param name="end">What became of the turn.</param>
    ValueTask LeaveAsync(Admission admission, TurnEnd end);
}

/// <summary>What becomes of a turn with a purchase.</summary>
internal enum TurnEnd
{
    /// <summary>It may be used again until it expires.</summary>
    Kept,

    /// <summary>It is used up: its place is free.</summary>
    Used,

    /// <summary>It has ended in the books, and nothing can be bought with it: its place is free.</summary>
    Ended,
}

/// <summary>What the door says: come in, or a problem that is the whole answer.</summary>
internal readonly record struct DoorAnswer
{
    private DoorAnswer(Admission? admission, Problem? refusal, bool isFree)
    {
        Admission = admission;
        Refusal = refusal;
        IsFree = isFree;
    }

    /// <summary>The turn that the purchase uses up; null: none is needed.</summary>
    public Admission? Admission { get; }

    /// <summary>The answer to who is not let in; null: come in. Its <c>retryAfterMs</c> becomes <c>Retry-After</c>.</summary>
    public Problem? Refusal { get; }

    /// <summary>Whether a refused caller gets the permit back that the request cost.</summary>
    public bool IsFree { get; }

    /// <summary>Come in.</summary>
    /// <param name="admission">The turn that is used up; null: none is needed.</param>
    public static DoorAnswer Admitted(Admission? admission = null) => new(admission, null, false);

    /// <summary>Not now, or not any more.</summary>
    /// <param name="refusal">The answer.</param>
    /// <param name="isFree">Whether the caller gets its permit back.</param>
    public static DoorAnswer Refused(Problem refusal, bool isFree = false) => new(null, refusal, isFree);
}
