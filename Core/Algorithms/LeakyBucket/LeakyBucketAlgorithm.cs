using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Algorithms.Gcra;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.LeakyBucket;

/// <summary>
/// leakyBucket: shapes instead of refusing. Permits leave one every w/l; an admitted caller is told how long to wait for
/// its turn, and up to B may be waiting. The arithmetic is <see cref="GcraAlgorithm"/>'s; the answer adds the delay. Permits are not
/// given back, since whose they were is not known; a turn that was told under a name can be withdrawn until it comes, and whoever comes
/// next takes it.
/// </summary>
internal readonly struct LeakyBucketAlgorithm : IBandwidthAlgorithm<GcraSpec, LeakyBucketState>
{
    public static bool IsRefundable => false;

    public static bool HasTurns => true;

    public static bool TryCompile(Bandwidth bandwidth, out GcraSpec spec, [NotNullWhen(false)] out InvalidValue? error) =>
        GcraAlgorithm.TryCompile(bandwidth, out spec, out error);

    public static LeakyBucketState Fresh(in GcraSpec spec, long now) => new(GcraAlgorithm.Fresh(spec, now), 0);

    public static LeakyBucketState Settle(in GcraSpec spec, in LeakyBucketState state, long now) =>
        LeakyBucketState.Of(GcraAlgorithm.Settle(spec, state.Level, now), state.Turn, state.Turns?.From(new GcraState(now, 0)));

    public static long Remaining(in GcraSpec spec, in LeakyBucketState settled, long now)
    {
        var atTheEnd = GcraAlgorithm.Remaining(spec, settled.Level, now);
        return settled.Turns is { } turns ? Math.Max(atTheEnd, turns.LargestFit(spec)) : atTheEnd;
    }

    public static long AdmitsAt(in GcraSpec spec, in LeakyBucketState settled, long now, long permits) =>
        GcraAlgorithm.AdmitsAt(spec, settled.Level, now, permits);

    public static long WholeAt(in GcraSpec spec, in LeakyBucketState settled, long now) => settled.NextTurn;

    public static LeakyBucketState Take(in GcraSpec spec, in LeakyBucketState settled, long now, long permits)
    {
        if (settled.Turns is { } turns && turns.FirstFit(spec, permits) is >= 0 and var place)
            return settled with { Turns = turns.TakeFrom(place, turns.AllFree[place].Start.Later(spec, permits)) };
        var level = GcraAlgorithm.Take(spec, settled.Level, now, permits);
        return settled.Turn == 0
            ? settled with { Level = level }
            : LeakyBucketState.Of(level, settled.Turn + Rate.CeilingQuotient(permits * spec.Rate.Ticks, spec.Rate.Permits), null);
    }

    public static LeakyBucketState TakeTurn(in GcraSpec spec, in LeakyBucketState settled, long now, long permits, LeaseId name)
    {
        var start = StartOf(spec, settled, permits);
        var taken = Take(spec, settled, now, permits);

        // A turn that has come cannot be withdrawn. Nor can one that is behind turns of another content: where it is the level does not
        // say.
        return settled.Turn != 0 || !start.IsAfter(new GcraState(now, 0))
            ? taken
            : taken with { Turns = TurnTable.WithName(taken.Turns, new TurnTable.Named(name, start, permits)) };
    }

    public static bool TryWithdraw(in GcraSpec spec, in LeakyBucketState settled, LeaseId name, out LeakyBucketState without)
    {
        without = settled;
        var end = settled.Level;
        if (settled.Turns is not { } turns || !turns.TryWithdraw(spec, name, ref end, out var left))
            return false;
        without = settled with { Level = end, Turns = left };
        return true;
    }

    public static LeakyBucketState GiveBack(in GcraSpec spec, in LeakyBucketState settled, long now, long permits) =>
        throw new NotSupportedException("A turn in a leaky bucket cannot be given back: it could be handed out twice.");

    public static LeakyBucketState Charge(in GcraSpec spec, in LeakyBucketState settled, long now, long permits)
    {
        // Charged at the end of the line; where that is full, free parts are charged too, so that a key that owes all has nothing left.
        var level = GcraAlgorithm.Charge(spec, settled.Level, now, permits);
        var isFull = GcraAlgorithm.Remaining(spec, level, now) == 0;
        return LeakyBucketState.Of(level, settled.Turn, isFull ? settled.Turns?.WithoutFree() : settled.Turns);
    }

    public static long Used(in GcraSpec spec, in LeakyBucketState settled, long now) => GcraAlgorithm.Used(spec, settled.Level, now);

    public static LeakyBucketState Carry(in GcraSpec spec, long used, long now) => new(GcraAlgorithm.Carry(spec, used, now), 0);

    public static LeakyBucketState Adopt(in GcraSpec spec, in GcraSpec oldSpec, in LeakyBucketState settled, Instant now) =>
        LeakyBucketState.Of(GcraAlgorithm.Adopt(spec, oldSpec, settled.Level, now), TurnUnder(spec, oldSpec, settled), null);

    public static LeakyBucketState WithoutTurns(in LeakyBucketState settled) => settled with { Turns = null };

    public static long CopiesWholeFrom(in GcraSpec spec, in GcraSpec oldSpec, in LeakyBucketState oldSettled) =>
        TurnUnder(spec, oldSpec, oldSettled);

    public static long LastSeen(in GcraSpec spec, in LeakyBucketState state) => GcraAlgorithm.LastSeen(spec, state.Level);

    public static long ProceedsAt(in GcraSpec spec, in LeakyBucketState settledBefore, long now, long permits) =>
        Math.Max(StartOf(spec, settledBefore, permits).Ceiling, settledBefore.Turn);

    public static LeakyBucketState Load(in KeyState key, int index) =>
        new(GcraAlgorithm.Load(key, index), key.Cells(index).C) { Turns = key.Rest?.Turns };

    public static void Store(in LeakyBucketState state, ref KeyState key, int index, int count)
    {
        key.SetCells(new StateCells(state.Level.Ticks, state.Level.Numerator, state.Turn), index, count);
        key.SetTurns(state.Turns);
    }

    /// <summary>
    /// Where a turn of so many permits begins, for which there is room: in the first free part that has it, else at the end of the line.
    /// </summary>
    private static GcraState StartOf(in GcraSpec spec, in LeakyBucketState settled, long permits) =>
        settled.Turns is { } turns && turns.FirstFit(spec, permits) is >= 0 and var place ? turns.AllFree[place].Start : settled.Level;

    /// <summary>The next turn in ticks of another spec, rounded down: a key that is whole stays so.</summary>
    private static long TurnUnder(in GcraSpec spec, in GcraSpec oldSpec, in LeakyBucketState settled) =>
        oldSpec.Tick.Until(settled.NextTurn, default).Microseconds / spec.Tick.Microseconds;
}
