using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// leakyBucket: shapes instead of refusing. Permits leave one every w/l; an admitted caller is told how long to wait for
/// its turn, and up to B may be waiting. The arithmetic is <see cref="Gcra"/>'s; the answer adds the delay. Nothing is
/// given back: a turn given back could be handed out twice.
/// </summary>
public readonly struct LeakyBucket : IBandwidthAlgorithm<GcraSpec, GcraState>
{
    /// <inheritdoc />
    public static bool IsRefundable => false;

    /// <inheritdoc />
    public static bool TryCompile(Bandwidth bandwidth, out GcraSpec spec, [NotNullWhen(false)] out InvalidValue? error) =>
        Gcra.TryCompile(bandwidth, out spec, out error);

    /// <inheritdoc />
    public static GcraState Fresh(in GcraSpec spec, long now) => Gcra.Fresh(spec, now);

    /// <inheritdoc />
    public static GcraState Settle(in GcraSpec spec, in GcraState state, long now) => Gcra.Settle(spec, state, now);

    /// <inheritdoc />
    public static long Remaining(in GcraSpec spec, in GcraState settled, long now) => Gcra.Remaining(spec, settled, now);

    /// <inheritdoc />
    public static long AdmitsAt(in GcraSpec spec, in GcraState settled, long now, long permits) => Gcra.AdmitsAt(spec, settled, now, permits);

    /// <inheritdoc />
    public static long WholeAt(in GcraSpec spec, in GcraState settled, long now) => Gcra.WholeAt(spec, settled, now);

    /// <inheritdoc />
    public static GcraState Take(in GcraSpec spec, in GcraState settled, long now, long permits) => Gcra.Take(spec, settled, now, permits);

    /// <inheritdoc />
    public static GcraState GiveBack(in GcraSpec spec, in GcraState settled, long now, long permits) =>
        throw new NotSupportedException("A turn in a leaky bucket cannot be given back: it could be handed out twice.");

    /// <inheritdoc />
    public static GcraState Charge(in GcraSpec spec, in GcraState settled, long now, long permits) => Gcra.Charge(spec, settled, now, permits);

    /// <inheritdoc />
    public static long Used(in GcraSpec spec, in GcraState settled, long now) => Gcra.Used(spec, settled, now);

    /// <inheritdoc />
    public static GcraState Carry(in GcraSpec spec, long used, long now) => Gcra.Carry(spec, used, now);

    /// <inheritdoc />
    public static GcraState Adopt(in GcraSpec spec, in GcraSpec oldSpec, in GcraState settled, Instant now) => Gcra.Adopt(spec, oldSpec, settled, now);

    /// <inheritdoc />
    public static long LastSeen(in GcraSpec spec, in GcraState state) => Gcra.LastSeen(spec, state);

    /// <inheritdoc />
    public static long ProceedsAt(in GcraSpec spec, in GcraState settledBefore, long now) => settledBefore.Ceiling;

    /// <inheritdoc />
    public static GcraState Load(in KeyState key, int index) => Gcra.Load(key, index);

    /// <inheritdoc />
    public static void Store(in GcraState state, ref KeyState key, int index, int count) => Gcra.Store(state, ref key, index, count);
}
