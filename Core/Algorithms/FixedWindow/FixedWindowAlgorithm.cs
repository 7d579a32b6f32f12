using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.FixedWindow;

/// <summary>
/// fixedWindow: L permits per window, windows aligned to the epoch. Admits at most 2L in any window: L on either side of a boundary.
/// </summary>
internal readonly struct FixedWindowAlgorithm : IBandwidthAlgorithm<FixedWindowSpec, FixedWindowState>
{
    public static bool IsRefundable => true;

    public static bool TryCompile(Bandwidth bandwidth, out FixedWindowSpec spec, [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(bandwidth);
        error = BurstRule.ErrorIn(bandwidth);
        spec = new FixedWindowSpec(bandwidth.Limit, bandwidth.WindowMicroseconds);
        return error is null;
    }

    public static FixedWindowState Fresh(in FixedWindowSpec spec, long now) => new(now / spec.WindowMicroseconds, 0);

    public static FixedWindowState Settle(in FixedWindowSpec spec, in FixedWindowState state, long now) =>
        now < EndOf(spec, state) ? state : Fresh(spec, now);

    public static long Remaining(in FixedWindowSpec spec, in FixedWindowState settled, long now) => spec.Capacity - settled.Count;

    public static long AdmitsAt(in FixedWindowSpec spec, in FixedWindowState settled, long now, long permits) => EndOf(spec, settled);

    public static long WholeAt(in FixedWindowSpec spec, in FixedWindowState settled, long now) =>
        (settled.Window + (settled.Count == 0 ? 0 : 1)) * spec.WindowMicroseconds;

    public static FixedWindowState Take(in FixedWindowSpec spec, in FixedWindowState settled, long now, long permits) =>
        settled with { Count = settled.Count + permits };

    public static FixedWindowState GiveBack(in FixedWindowSpec spec, in FixedWindowState settled, long now, long permits) =>
        settled with { Count = permits >= settled.Count ? 0 : settled.Count - permits };

    public static FixedWindowState Charge(in FixedWindowSpec spec, in FixedWindowState settled, long now, long permits) =>
        settled with { Count = permits >= spec.Capacity - settled.Count ? spec.Capacity : settled.Count + permits };

    public static long Used(in FixedWindowSpec spec, in FixedWindowState settled, long now) => settled.Count;

    public static FixedWindowState Carry(in FixedWindowSpec spec, long used, long now) => Fresh(spec, now) with { Count = used };

    public static FixedWindowState Adopt(in FixedWindowSpec spec, in FixedWindowSpec oldSpec, in FixedWindowState settled, Instant now) =>
        Carry(spec, Math.Min(spec.Capacity, settled.Count), spec.Tick.Floor(now));

    public static long LastSeen(in FixedWindowSpec spec, in FixedWindowState state) => state.Window * spec.WindowMicroseconds;

    public static FixedWindowState Load(in KeyState key, int index)
    {
        var cells = key.Cells(index);
        return new FixedWindowState(cells.A, cells.B);
    }

    public static void Store(in FixedWindowState state, ref KeyState key, int index, int count) =>
        key.SetCells(new StateCells(state.Window, state.Count, 0), index, count);

    private static long EndOf(in FixedWindowSpec spec, in FixedWindowState state) => (state.Window + 1) * spec.WindowMicroseconds;
}
