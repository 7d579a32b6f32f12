using OrleansLimiter.Core.Limits;
using OrleansLimiter.Hosting.Caching;
using OrleansLimiter.Shop.Data;
using OrleansLimiter.Shop.Sales;
using OrleansLimiter.Shop.Settings;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Line;

/// <summary>
/// The phases of sales, as their valves told them within the last second: a valve is asked by one caller at a time, and the valves of a
/// list side by side under one deadline. Where a valve does not say, its last word counts while books and clock do not contradict it, then
/// these alone; and it is let alone for a second. Safe for use by many threads.
/// </summary>
internal sealed class SalePhases(SaleValves valves, ValveSettings settings, TimeProvider time)
{
    /// <summary>The longest that a caller waits for valves.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly RecentTable<Guid, Known> _known = new(KnownSales.MostKept);

    /// <summary>The phases of sales, in their order.</summary>
    public async ValueTask<IReadOnlyList<string>> OfAsync(IReadOnlyList<Sale> sales)
    {
        var asked = new Known?[sales.Count];
        var asking = new List<Task>();
        for (var i = 0; i < sales.Count; i++)
        {
            asked[i] = KnownOf(sales[i]);
            if (asked[i] is { } known && AskOnce(known, sales[i]) is { } task)
                asking.Add(task);
        }

        if (asking.Count > 0)
            await WaitAsync(Task.WhenAll(asking));
        return [.. sales.Select((sale, i) => asked[i]?.LastWord(ClockPhase(sale)) ?? SalePhase.Of(sale, Now()))];
    }

    /// <summary>Takes over what a valve has just told.</summary>
    public void Told(Sale sale, ValvePhase phase) => KnownOf(sale)?.Set(ClockPhase(sale), WireNames.Of(phase), time.GetTimestamp());

    // What has ended by the books, or has not begun by the clock, is so whatever its valve says.
    private Known? KnownOf(Sale sale) =>
        ClockPhase(sale) is SalePhase.Closed or SalePhase.SoldOut or SalePhase.Scheduled
        ? null
        : _known.GetOrAdd(sale.Id, static _ => new Known());

    private string ClockPhase(Sale sale)
    {
        var now = Now();
        var phase = SalePhase.Of(sale, now);
        return phase == SalePhase.Scheduled && now.Microseconds >= sale.OpensAt.Microseconds - (long)settings.PreQueue.TotalMicroseconds
            ? SalePhase.PreQueue
            : phase;
    }

    /// <summary>Asks a valve, unless it was asked within the last second for the same time of its sale's life, or is being asked.</summary>
    /// <returns>What to wait for; null: nothing.</returns>
    private Task? AskOnce(Known known, Sale sale)
    {
        var clockPhase = ClockPhase(sale);
        return known.Begin(clockPhase, askedAt => time.GetElapsedTime(askedAt) < Fresh, async () =>
        {
            var reply = await valves.AskAsync(sale, static (valve, id, cancellation) => valve.StatusAsync(id, cancellation));
            known.Set(clockPhase, reply.IsFault ? null : WireNames.Of(reply.Value.Phase), time.GetTimestamp());
        });
    }

    private async Task WaitAsync(Task asking)
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        try
        {
            await asking.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever has not answered is asked again by a later caller; each call ends by its own deadline.
        }
    }

    private Instant Now() => Instant.From(time.GetUtcNow());

    /// <summary>What is known of a sale. Of its valve, one call is under way at a time.</summary>
    private sealed class Known
    {
        private readonly Lock _gate = new();
        private string? _phase;
        private string? _atClockPhase;
        private long? _askedAt;
        private Task? _asking;

        /// <summary>Begins to ask the valve, unless what it said is fresh or it is being asked.</summary>
        /// <returns>What to wait for; null: nothing.</returns>
        public Task? Begin(string clockPhase, Func<long, bool> isFresh, Func<Task> ask)
        {
            lock (_gate)
            {
                if (_asking is { IsCompleted: false })
                    return _asking;
                return _askedAt is { } at && _atClockPhase == clockPhase && isFresh(at) ? null : _asking = ask();
            }
        }

        /// <summary>What the valve said last, if that was said of the same time of the sale's life.</summary>
        public string? LastWord(string clockPhase)
        {
            lock (_gate)
                return _atClockPhase == clockPhase ? _phase : null;
        }

        /// <summary>Takes over what the valve said; null: it did not answer.</summary>
        public void Set(string clockPhase, string? phase, long askedAt)
        {
            lock (_gate)
            {
                _phase = phase ?? (_atClockPhase == clockPhase ? _phase : null);
                (_atClockPhase, _askedAt) = (clockPhase, askedAt);
            }
        }
    }
}
