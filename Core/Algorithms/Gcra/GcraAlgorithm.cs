using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.Gcra;

/// <summary>
/// gcra: permits leave one every w/l, and the key holds when the last of them will have left (ITU-T I.371, the virtual
/// scheduling form). Admits exactly what a token bucket of the same numbers admits, with one number less.
/// </summary>
internal readonly struct GcraAlgorithm : IBandwidthAlgorithm<GcraSpec, GcraState>
{
    public static bool IsRefundable => true;

    public static bool Lends => true;

    public static bool TryCompile(Bandwidth bandwidth, out GcraSpec spec, [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(bandwidth);
        var good = Rate.TryCompile(bandwidth, out var rate, out error);
        spec = good ? new GcraSpec(rate, bandwidth.WindowMicroseconds) : default;
        return good;
    }

    public static GcraState Fresh(in GcraSpec spec, long now) => new(now, 0);

    public static GcraState Settle(in GcraSpec spec, in GcraState state, long now) => state.Ticks < now ? Fresh(spec, now) : state;

    public static GcraState SettleBeside(in GcraSpec spec, in GcraState state, long now, long outstanding) =>
        Later(state, Fresh(spec, now).Later(spec, outstanding));

    public static GcraState GiveBackBeside(in GcraSpec spec, in GcraState settled, long now, long permits, long outstanding) =>
        permits >= spec.Capacity
            ? Fresh(spec, now).Later(spec, outstanding)
            : SettleBeside(spec, settled.Earlier(spec, permits), now, outstanding);

    // What is out is there until then.
    public static GcraState Closed(in GcraSpec spec, in GcraState state, long lastEnd, long outstanding) =>
        SettleBeside(spec, state, lastEnd, outstanding);

    public static long Remaining(in GcraSpec spec, in GcraState settled, long now)
    {
        // What is left of B*w/l, as a time; after a step back there may be less than nothing.
        var horizon = new GcraState(now + spec.FillTicks, spec.FillNumerator);
        if (!horizon.IsAfter(settled))
            return 0;
        var wholeTicks = horizon.Ticks - settled.Ticks;
        var room = wholeTicks * spec.Rate.Permits + (horizon.Numerator - settled.Numerator);
        return (long)((ulong)room / (ulong)spec.Rate.Ticks);
    }

    public static long AdmitsAt(in GcraSpec spec, in GcraState settled, long now, long permits) =>
        settled.Later(spec, permits).EarlierByFill(spec).Ceiling;

    public static long WholeAt(in GcraSpec spec, in GcraState settled, long now) => settled.Ceiling;

    public static GcraState Take(in GcraSpec spec, in GcraState settled, long now, long permits) => settled.Later(spec, permits);

    public static GcraState GiveBack(in GcraSpec spec, in GcraState settled, long now, long permits) =>
        permits >= spec.Capacity
            ? Settle(spec, settled.EarlierByFill(spec), now)
            : Settle(spec, settled.Earlier(spec, permits), now);

    public static GcraState Charge(in GcraSpec spec, in GcraState settled, long now, long permits)
    {
        var empty = new GcraState(now + spec.FillTicks, spec.FillNumerator);
        if (settled.IsAfter(empty))
            return settled;
        if (permits >= spec.Capacity)
            return empty;
        var charged = settled.Later(spec, permits);
        return charged.IsAfter(empty) ? empty : charged;
    }

    public static long Used(in GcraSpec spec, in GcraState settled, long now) => spec.Capacity - Remaining(spec, settled, now);

    public static GcraState Carry(in GcraSpec spec, long used, long now) => Fresh(spec, now).Later(spec, used);

    public static GcraState Adopt(in GcraSpec spec, in GcraSpec oldSpec, in GcraState settled, Instant now) =>
        Carry(spec, Math.Min(spec.Capacity, Used(oldSpec, settled, oldSpec.Tick.Floor(now))), spec.Tick.Floor(now));

    public static long LastSeen(in GcraSpec spec, in GcraState state) => Math.Max(0, state.EarlierByFill(spec).Ceiling);

    private static GcraState Later(GcraState one, GcraState other) => one.IsAfter(other) ? one : other;

    public static GcraState Load(in KeyState key, int index)
    {
        var cells = key.Cells(index);
        return new GcraState(cells.A, cells.B);
    }

    public static void Store(in GcraState state, ref KeyState key, int index, int count) =>
        key.SetCells(new StateCells(state.Ticks, state.Numerator, 0), index, count);
}
