using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.TokenBucket;

/// <summary>
/// tokenBucket: a bucket of B permits (the burst) that refills steadily, L permits (the limit) in each window W (in us). Any window of
/// that length admits at most B + L - ceil(L/W) permits.
/// </summary>
internal readonly struct TokenBucketAlgorithm : IBandwidthAlgorithm<TokenBucketSpec, TokenBucketState>
{
    public static bool IsRefundable => true;

    public static bool Lends => true;

    public static bool TryCompile(Bandwidth bandwidth, out TokenBucketSpec spec, [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(bandwidth);
        var good = Rate.TryCompile(bandwidth, out var rate, out error);
        spec = good ? new TokenBucketSpec(rate, bandwidth.WindowMicroseconds) : default;
        return good;
    }

    public static TokenBucketState Fresh(in TokenBucketSpec spec, long now) => new(spec.Capacity, 0, now);

    /// <summary>Refills the bucket up to an instant; the part of a permit that is left is kept as credit.</summary>
    public static TokenBucketState Settle(in TokenBucketSpec spec, in TokenBucketState state, long now)
    {
        var elapsed = now - state.Last;
        if (elapsed <= 0)
            return state;
        if (state.Tokens == spec.Capacity || elapsed >= spec.FillTicks)
            return Fresh(spec, now);
        var flow = elapsed * spec.Rate.Permits + state.Credit;
        if (flow < spec.Rate.Ticks)
            return new TokenBucketState(state.Tokens, flow, now);
        var drops = (long)((ulong)flow / (ulong)spec.Rate.Ticks);
        return drops >= spec.Capacity - state.Tokens
            ? Fresh(spec, now)
            : new TokenBucketState(state.Tokens + drops, flow - drops * spec.Rate.Ticks, now);
    }

    public static TokenBucketState SettleBeside(in TokenBucketSpec spec, in TokenBucketState state, long now, long outstanding)
    {
        var (most, elapsed, last) = (spec.Capacity - outstanding, Math.Max(0, now - state.Last), Math.Max(state.Last, now));
        if (state.Tokens >= most
            || elapsed >= Rate.CeilingQuotient((most - state.Tokens) * spec.Rate.Ticks - state.Credit, spec.Rate.Permits))
            return new TokenBucketState(most, 0, last);
        var flow = elapsed * spec.Rate.Permits + state.Credit;
        var drops = flow / spec.Rate.Ticks;
        return new TokenBucketState(state.Tokens + drops, flow - drops * spec.Rate.Ticks, last);
    }

    public static TokenBucketState GiveBackBeside(
        in TokenBucketSpec spec, in TokenBucketState settled, long now, long permits, long outstanding) =>
        permits >= spec.Capacity - outstanding - settled.Tokens
            ? settled with { Tokens = spec.Capacity - outstanding, Credit = 0 }
            : settled with { Tokens = settled.Tokens + permits };

    // Nothing flows until then.
    public static TokenBucketState Closed(in TokenBucketSpec spec, in TokenBucketState state, long lastEnd, long outstanding) =>
        state with { Last = Math.Max(state.Last, lastEnd) };

    public static long Remaining(in TokenBucketSpec spec, in TokenBucketState settled, long now) => settled.Tokens;

    public static long AdmitsAt(in TokenBucketSpec spec, in TokenBucketState settled, long now, long permits) =>
        settled.Last + Rate.CeilingQuotient((permits - settled.Tokens) * spec.Rate.Ticks - settled.Credit, spec.Rate.Permits);

    public static long WholeAt(in TokenBucketSpec spec, in TokenBucketState settled, long now) =>
        AdmitsAt(spec, settled, now, spec.Capacity);

    public static TokenBucketState Take(in TokenBucketSpec spec, in TokenBucketState settled, long now, long permits) =>
        settled with { Tokens = settled.Tokens - permits };

    public static TokenBucketState GiveBack(in TokenBucketSpec spec, in TokenBucketState settled, long now, long permits) =>
        permits >= spec.Capacity - settled.Tokens
            ? settled with { Tokens = spec.Capacity, Credit = 0 }
            : settled with { Tokens = settled.Tokens + permits };

    public static TokenBucketState Charge(in TokenBucketSpec spec, in TokenBucketState settled, long now, long permits) =>
        permits > settled.Tokens
            ? settled with { Tokens = 0, Credit = 0 }
            : settled with { Tokens = settled.Tokens - permits };

    public static long Used(in TokenBucketSpec spec, in TokenBucketState settled, long now) => spec.Capacity - settled.Tokens;

    public static TokenBucketState Carry(in TokenBucketSpec spec, long used, long now) => new(spec.Capacity - used, 0, now);

    public static TokenBucketState Adopt(in TokenBucketSpec spec, in TokenBucketSpec oldSpec, in TokenBucketState settled, Instant now) =>
        Carry(spec, Math.Min(spec.Capacity, oldSpec.Capacity - settled.Tokens), spec.Tick.Floor(now));

    public static long LastSeen(in TokenBucketSpec spec, in TokenBucketState state) => state.Last;

    public static TokenBucketState Load(in KeyState key, int index)
    {
        var cells = key.Cells(index);
        return new TokenBucketState(cells.A, cells.B, cells.C);
    }

    public static void Store(in TokenBucketState state, ref KeyState key, int index, int count) =>
        key.SetCells(new StateCells(state.Tokens, state.Credit, state.Last), index, count);
}
