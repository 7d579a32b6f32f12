using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// leakyBucket: shapes instead of refusing. Permits leave one every w/l; an admitted caller is told how long to wait for
/// its turn, and up to B may be waiting. The arithmetic is <see cref="Gcra"/>'s; the answer adds the delay. Nothing is
/// given back: a turn given back could be handed out twice.
/// </summary>
public readonly struct LeakyBucket : IBandwidthAlgorithm<GcraSpec, LeakyBucketState>
{
    /// <inheritdoc />
    public static bool IsRefundable => false;

    /// <inheritdoc />
    public static bool TryCompile(Bandwidth bandwidth, out GcraSpec spec, [NotNullWhen(false)] out InvalidValue? error) =>
        Gcra.TryCompile(bandwidth, out spec, out error);

    /// <inheritdoc />
    public static LeakyBucketState Fresh(in GcraSpec spec, long now) => new(Gcra.Fresh(spec, now), 0);

    /// <inheritdoc />
    public static LeakyBucketState Settle(in GcraSpec spec, in LeakyBucketState state, long now) =>
        LeakyBucketState.Of(Gcra.Settle(spec, state.Level, now), state.Turn);

    /// <inheritdoc />
    public static long Remaining(in GcraSpec spec, in LeakyBucketState settled, long now) => Gcra.Remaining(spec, settled.Level, now);

    /// <inheritdoc />
    public static long AdmitsAt(in GcraSpec spec, in LeakyBucketState settled, long now, long permits) =>
        Gcra.AdmitsAt(spec, settled.Level, now, permits);

    /// <inheritdoc />
    public static long WholeAt(in GcraSpec spec, in LeakyBucketState settled, long now) => settled.NextTurn;

    /// <inheritdoc />
    public static LeakyBucketState Take(in GcraSpec spec, in LeakyBucketState settled, long now, long permits)
    {
        var level = Gcra.Take(spec, settled.Level, now, permits);
        return settled.Turn == 0
            ? new LeakyBucketState(level, 0)
            : LeakyBucketState.Of(level, settled.Turn + Rate.CeilingQuotient(permits * spec.Rate.Ticks, spec.Rate.Permits));
    }

    /// <inheritdoc />
    public static LeakyBucketState GiveBack(in GcraSpec spec, in LeakyBucketState settled, long now, long permits) =>
        throw new NotSupportedException("A turn in a leaky bucket cannot be given back: it could be handed out twice.");

    /// <inheritdoc />
    public static LeakyBucketState Charge(in GcraSpec spec, in LeakyBucketState settled, long now, long permits) =>
        LeakyBucketState.Of(Gcra.Charge(spec, settled.Level, now, permits), settled.Turn);

    /// <inheritdoc />
    public static long Used(in GcraSpec spec, in LeakyBucketState settled, long now) => Gcra.Used(spec, settled.Level, now);

    /// <inheritdoc />
    public static LeakyBucketState Carry(in GcraSpec spec, long used, long now) => new(Gcra.Carry(spec, used, now), 0);

    /// <inheritdoc />
    public static LeakyBucketState Adopt(in GcraSpec spec, in GcraSpec oldSpec, in LeakyBucketState settled, Instant now) =>
        LeakyBucketState.Of(Gcra.Adopt(spec, oldSpec, settled.Level, now), TurnUnder(spec, oldSpec, settled));

    /// <inheritdoc />
    public static long CopiesWholeFrom(in GcraSpec spec, in GcraSpec oldSpec, in LeakyBucketState oldSettled) => TurnUnder(spec, oldSpec, oldSettled);

    /// <inheritdoc />
    public static long LastSeen(in GcraSpec spec, in LeakyBucketState state) => Gcra.LastSeen(spec, state.Level);

    /// <inheritdoc />
    public static long ProceedsAt(in GcraSpec spec, in LeakyBucketState settledBefore, long now) => settledBefore.NextTurn;

    /// <inheritdoc />
    public static LeakyBucketState Load(in KeyState key, int index) => new(Gcra.Load(key, index), key.Cells(index).C);

    /// <inheritdoc />
    public static void Store(in LeakyBucketState state, ref KeyState key, int index, int count) =>
        key.SetCells(new StateCells(state.Level.Ticks, state.Level.Numerator, state.Turn), index, count);

    /// <summary>The next turn in ticks of another spec, rounded down: a key that is whole stays so.</summary>
    private static long TurnUnder(in GcraSpec spec, in GcraSpec oldSpec, in LeakyBucketState settled) =>
        oldSpec.Tick.Until(settled.NextTurn, default).Microseconds / spec.Tick.Microseconds;
}
