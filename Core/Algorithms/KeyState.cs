using OrleansLimiter.Core.Algorithms.Concurrency;
using OrleansLimiter.Core.Algorithms.LeakyBucket;
using OrleansLimiter.Core.Algorithms.SlidingWindowLog;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// All that a key holds between two requests. One numeric bandwidth and no request ids, the usual case, is 32 bytes
/// and no object; everything else hangs on <see cref="Rest"/>. Whoever owns the key calls into it one at a time; objects on
/// it are changed in place, so a copy of this value is not a second state.
/// </summary>
public struct KeyState
{
    /// <summary>The first bandwidth's numbers.</summary>
    internal StateCells First;

    /// <summary>What does not fit; null in the usual case.</summary>
    internal KeyRest? Rest;

    /// <summary>Whether it is numbers alone, without an object.</summary>
    internal readonly bool IsPlain => Rest is null;

    /// <summary>The numbers of bandwidth <paramref name="index"/>.</summary>
    internal readonly StateCells Cells(int index) => index == 0 ? First : Rest!.More![index - 1];

    /// <summary>Writes the numbers of bandwidth <paramref name="index"/> of <paramref name="count"/>.</summary>
    internal void SetCells(in StateCells cells, int index, int count)
    {
        if (index == 0)
        {
            First = cells;
            return;
        }

        Rest ??= new KeyRest();
        Rest.More ??= new StateCells[count - 1];
        Rest.More[index - 1] = cells;
    }

    /// <summary>Keeps what a leaky bucket knows of its line; a key that has no object on it then is plain again.</summary>
    internal void SetTurns(TurnTable? turns)
    {
        if (turns is null && Rest is null)
            return;
        Rest ??= new KeyRest();
        Rest.Turns = turns;
        if (Rest.IsEmpty)
            Rest = null;
    }

    /// <summary>Keeps what is out; a key that has no object on it then is plain again.</summary>
    internal void SetLent(PermitLedger ledger)
    {
        if (ledger.IsEmpty && Rest is null)
            return;
        Rest ??= new KeyRest();
        Rest.Lent = ledger.IsEmpty ? null : ledger;
        if (Rest.IsEmpty)
            Rest = null;
    }

    /// <summary>The state without what is out, as one of its own: neither changes with the other.</summary>
    internal readonly KeyState WithoutLent()
    {
        var key = this;
        if (Rest is { } rest)
        {
            key.Rest = new KeyRest { More = (StateCells[]?)rest.More?.Clone(), Answered = rest.Answered, Aside = rest.Aside };
            if (key.Rest.IsEmpty)
                key.Rest = null;
        }

        return key;
    }

    /// <summary>The request ids that the key remembers; made on first use.</summary>
    internal AnsweredRequests RememberRequests()
    {
        Rest ??= new KeyRest();
        return Rest.Answered ??= new AnsweredRequests();
    }
}

/// <summary>The parts of a key's state that are objects. Owned by one key.</summary>
internal sealed class KeyRest
{
    // No algorithm has both, and every key with an object on it pays for a reference.
    private object? _turnsOrLent;

    /// <summary>The numbers of the second bandwidth and those after it.</summary>
    public StateCells[]? More { get; set; }

    /// <summary>slidingWindowLog: one log per bandwidth.</summary>
    public InstantLog[]? Logs { get; set; }

    /// <summary>concurrency: the places given out.</summary>
    public LeaseTable? Leases { get; set; }

    /// <summary>leakyBucket: the turns that can be withdrawn, and what is free.</summary>
    public TurnTable? Turns
    {
        get => _turnsOrLent as TurnTable;
        set => _turnsOrLent = value is not null || _turnsOrLent is TurnTable ? value : _turnsOrLent;
    }

    /// <summary>tokenBucket and gcra: the permits that are out; null for none. A key that has a state aside has none.</summary>
    public PermitLedger? Lent
    {
        get => _turnsOrLent as PermitLedger;
        set => _turnsOrLent = value is not null || _turnsOrLent is PermitLedger ? value : _turnsOrLent;
    }

    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty =>
        More is null && Logs is null && Leases is null && _turnsOrLent is null && Answered is null && Aside is null;

    /// <summary>Requests that were answered under an id.</summary>
    public AnsweredRequests? Answered { get; set; }

    /// <summary>
    /// The state of the other kind, places or permits; null unless two contents of one revision take turns that differ in it.
    /// </summary>
    public KeyAside? Aside { get; set; }
}

/// <summary>A second state of a key, under a content of the same revision whose algorithm is of the other kind. Owned by one key.</summary>
internal sealed class KeyAside(LimitSpec spec, KeyState state)
{
    /// <summary>What it was stored under.</summary>
    public LimitSpec Spec { get; set; } = spec;

    /// <summary>The state: without request ids and without a state aside.</summary>
    public KeyState State { get; set; } = state;
}
