using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.SlidingWindowCounter;

/// <summary>
/// slidingWindowCounter: this window's count plus the last one's, weighed by how much of it the sliding window still
/// covers. Three numbers instead of a log; admits at most 2L - 1 in any window.
/// </summary>
internal readonly struct SlidingWindowCounterAlgorithm : IBandwidthAlgorithm<SlidingWindowCounterSpec, SlidingWindowCounterState>
{
    public static bool IsRefundable => true;

    public static bool TryCompile(Bandwidth bandwidth, out SlidingWindowCounterSpec spec, [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(bandwidth);
        spec = default;
        error = BurstRule.ErrorIn(bandwidth);
        if (error is not null)
            return false;
        var tick = Tick.FinestFor(bandwidth.WindowMicroseconds, window => (UInt128)bandwidth.Limit * (UInt128)window);
        if (tick is null)
        {
            error = Rate.TooLarge(bandwidth);
            return false;
        }

        spec = new SlidingWindowCounterSpec(bandwidth.Limit, bandwidth.WindowMicroseconds, tick.Value);
        return true;
    }

    public static SlidingWindowCounterState Fresh(in SlidingWindowCounterSpec spec, long now) => new(now / spec.Window, 0, 0);

    public static SlidingWindowCounterState Settle(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState state, long now)
    {
        if (now < StartOf(spec, state) + spec.Window)
            return state;
        var fresh = Fresh(spec, now);
        return fresh.Window == state.Window + 1 ? fresh with { Previous = state.Current } : fresh;
    }

    public static long Remaining(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now) =>
        Math.Max(0, spec.Capacity - Weighed(spec, settled, now));

    public static long AdmitsAt(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now, long permits)
    {
        var start = StartOf(spec, settled);
        var room = spec.Capacity - permits;
        if (settled.Current <= room)
        {
            // Still in this window: when the last one's weight has sunk to what is left. It was refused, so Previous > 0.
            return start + spec.Window - Math.Min(spec.Window, (room - settled.Current) * spec.Window / settled.Previous);
        }

        // In the next window, where this one's count becomes the last one's.
        return start + spec.Window + Math.Max(0, spec.Window - room * spec.Window / settled.Current);
    }

    public static long WholeAt(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now) =>
        StartOf(spec, settled) + (settled.Current > 0 ? 2 * spec.Window : settled.Previous > 0 ? spec.Window : 0);

    public static SlidingWindowCounterState Take(
        in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now, long permits) =>
        settled with { Current = settled.Current + permits };

    public static SlidingWindowCounterState GiveBack(
        in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now, long permits) =>
        settled with { Current = permits >= settled.Current ? 0 : settled.Current - permits };

    public static SlidingWindowCounterState Charge(
        in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now, long permits) =>
        settled with { Current = permits >= spec.Capacity - settled.Current ? spec.Capacity : settled.Current + permits };

    public static long Used(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now) =>
        Weighed(spec, settled, now);

    public static SlidingWindowCounterState Carry(in SlidingWindowCounterSpec spec, long used, long now) =>
        Fresh(spec, now) with { Current = used };

    public static SlidingWindowCounterState Adopt(
        in SlidingWindowCounterSpec spec,
        in SlidingWindowCounterSpec oldSpec,
        in SlidingWindowCounterState settled,
        Instant now)
    {
        if (spec.WindowMicroseconds != oldSpec.WindowMicroseconds)
            return Carry(spec, Math.Min(spec.Capacity, Weighed(oldSpec, settled, oldSpec.Tick.Floor(now))), spec.Tick.Floor(now));

        // The last window's count is kept even above the new limit, but never so high that its weight leaves 2^53.
        return settled with
        {
            Current = Math.Min(spec.Capacity, settled.Current),
            Previous = Math.Min(settled.Previous, MostPrevious(spec)),
        };
    }

    public static (SlidingWindowCounterSpec Spec, SlidingWindowCounterState Settled, long Permits) Draining(
        in SlidingWindowCounterSpec spec, in SlidingWindowCounterSpec oldSpec, in SlidingWindowCounterState oldSettled, long permits)
    {
        if (spec.WindowMicroseconds != oldSpec.WindowMicroseconds)
            return (oldSpec, oldSettled, oldSpec.Capacity - (spec.Capacity - permits));

        // Every copy keeps the last window's count, which is this one's once that is over: by the new spec's own weight.
        var most = MostPrevious(spec);
        return (spec, oldSettled with { Previous = Math.Min(oldSettled.Previous, most), Current = Math.Min(oldSettled.Current, most) },
            permits);
    }

    public static long LastSeen(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState state) => StartOf(spec, state);

    public static SlidingWindowCounterState Load(in KeyState key, int index)
    {
        var cells = key.Cells(index);
        return new SlidingWindowCounterState(cells.A, cells.B, cells.C);
    }

    public static void Store(in SlidingWindowCounterState state, ref KeyState key, int index, int count) =>
        key.SetCells(new StateCells(state.Window, state.Previous, state.Current), index, count);

    private static long MostPrevious(in SlidingWindowCounterSpec spec) => (Tick.ProductLimit - 1) / spec.Window;

    private static long StartOf(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState state) => state.Window * spec.Window;

    private static long Weighed(in SlidingWindowCounterSpec spec, in SlidingWindowCounterState settled, long now)
    {
        if (settled.Previous == 0)
            return settled.Current;
        var into = Math.Max(0, now - StartOf(spec, settled));
        return settled.Current + Rate.CeilingQuotient(settled.Previous * (spec.Window - into), spec.Window);
    }
}
