using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms.SlidingWindowLog;

/// <summary>
/// slidingWindowLog: every admission is remembered until it is a window old. The only one that admits exactly L in any window.
/// </summary>
internal readonly struct SlidingWindowLogAlgorithm : IBandwidthAlgorithm<SlidingWindowLogSpec, SlidingWindowLogState>
{
    public static bool IsRefundable => true;

    public static bool IsNumeric => false;

    public static bool TryCompile(Bandwidth bandwidth, out SlidingWindowLogSpec spec, [NotNullWhen(false)] out InvalidValue? error)
    {
        ArgumentNullException.ThrowIfNull(bandwidth);
        error = BurstRule.ErrorIn(bandwidth);
        if (error is null && bandwidth.Limit > SlidingWindowLogSpec.MaxLimit)
            error = new InvalidValue("limit", bandwidth.Limit.ToString(CultureInfo.InvariantCulture),
                "must be at most 10,000 for slidingWindowLog, which remembers every permit");
        spec = new SlidingWindowLogSpec(bandwidth.Limit, bandwidth.WindowMicroseconds);
        return error is null;
    }

    public static SlidingWindowLogState Fresh(in SlidingWindowLogSpec spec, long now) => default;

    public static SlidingWindowLogState Settle(in SlidingWindowLogSpec spec, in SlidingWindowLogState state, long now)
    {
        if (state.Log is not { } log)
            return state;
        var (expired, live) = state.Expired == 0 ? (0, log.Permits) : (state.Expired, state.Live);
        while (expired < log.Count && now - log[expired].Instant >= spec.WindowMicroseconds)
            live -= log[expired++].Permits;
        return new SlidingWindowLogState { Log = log, Expired = expired, Live = live };
    }

    public static long Remaining(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now) =>
        Math.Max(0, spec.Capacity - settled.Used);

    public static long AdmitsAt(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now, long permits)
    {
        var surplus = settled.Used + permits - spec.Capacity;
        if (settled.Log is { } log)
        {
            for (var i = settled.Expired; i < log.Count; i++)
            {
                surplus -= log[i].Permits;
                if (surplus <= 0)
                    return log[i].Instant + spec.WindowMicroseconds;
            }
        }

        return settled.AddedAt + spec.WindowMicroseconds;
    }

    public static long WholeAt(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now)
    {
        if (settled.Added > 0)
            return settled.AddedAt + spec.WindowMicroseconds;
        if (settled.Used == 0)
            return now;
        var log = settled.Log!;
        var newest = log.Count - 1;
        for (var removed = settled.Removed; removed >= log[newest].Permits; newest--)
            removed -= log[newest].Permits;
        return log[newest].Instant + spec.WindowMicroseconds;
    }

    public static SlidingWindowLogState Take(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now, long permits) =>
        settled with { Added = permits, AddedAt = Math.Max(now, settled.Newest) };

    public static SlidingWindowLogState GiveBack(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now, long permits) =>
        settled with { Removed = Math.Min(permits, settled.Live) };

    public static SlidingWindowLogState Charge(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now, long permits)
    {
        var room = Math.Min(permits, Math.Max(0, spec.Capacity - settled.Live));
        return room == 0 ? settled : Take(spec, settled, now, room);
    }

    public static long Used(in SlidingWindowLogSpec spec, in SlidingWindowLogState settled, long now) => settled.Live;

    public static SlidingWindowLogState Carry(in SlidingWindowLogSpec spec, long used, long now)
    {
        if (used == 0)
            return default;
        var log = new InstantLog();
        log.Add(now, used);
        return new SlidingWindowLogState { Log = log, Live = used };
    }

    public static SlidingWindowLogState Adopt(
        in SlidingWindowLogSpec spec, in SlidingWindowLogSpec oldSpec, in SlidingWindowLogState settled, Instant now) => settled;

    public static (SlidingWindowLogSpec Spec, SlidingWindowLogState Settled, long Permits) Draining(
        in SlidingWindowLogSpec spec, in SlidingWindowLogSpec oldSpec, in SlidingWindowLogState oldSettled, long permits) =>
        (spec with { WindowMicroseconds = Math.Min(spec.WindowMicroseconds, oldSpec.WindowMicroseconds) }, oldSettled, permits);

    public static long LastSeen(in SlidingWindowLogSpec spec, in SlidingWindowLogState state) => Math.Max(0, state.Newest);

    public static SlidingWindowLogState Load(in KeyState key, int index) => new() { Log = key.Rest?.Logs?[index] };

    public static void Store(in SlidingWindowLogState state, ref KeyState key, int index, int count)
    {
        if (state.Log is null && state.Added == 0)
            return;
        key.Rest ??= new KeyRest();
        key.Rest.Logs ??= new InstantLog[count];
        var log = key.Rest.Logs[index] ??= state.Log ?? new InstantLog();
        log.DropOldest(state.Expired);
        if (state.Removed > 0)
            log.TakeFromNewest(state.Removed);
        if (state.Added > 0)
            log.Add(state.AddedAt, state.Added);
    }
}
