using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansLimiter.Valve;

namespace OrleansLimiter.Shop.Metrics;

/// <summary>
/// What the valves of the sales that people asked for lately said of themselves: how many wait and buy, whether the line is held, what has
/// been done. A valve may be on another machine, and a gauge must not wait: whoever reads is told what was heard last, and has the valves
/// asked again for the next reading. Safe for use by many threads.
/// </summary>
internal sealed class ValveGauges
{
    /// <summary>
    /// The gauge of people, in <c>{person}</c>; tags <c>sale</c> and <c>state</c> (<c>joining</c>, <c>waiting</c>, <c>checkout</c>).
    /// </summary>
    public const string PeopleName = "orleanslimiter.valve.people";

    /// <summary>The gauge of whether an operator holds the line, 1 or 0; tag <c>sale</c>.</summary>
    public const string PausedName = "orleanslimiter.valve.paused";

    /// <summary>
    /// The counter of what has become of places since the valve was set up, in <c>{place}</c>; tags <c>sale</c> and <c>event</c>.
    /// </summary>
    public const string PlacesName = "orleanslimiter.valve.places";

    /// <summary>The most sales that are told; of others nothing is.</summary>
    public const int MaxSales = 100;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<Guid, Seen> _sales = new();
    private readonly TimeProvider _time;
    private readonly IValveEngine _engine;
    private int _isAsking;

    public ValveGauges(Meter meter, TimeProvider time, IValveEngine engine)
    {
        _time = time;
        _engine = engine;
        meter.CreateObservableGauge<int>(
            PeopleName, () => Read().SelectMany(People), "{person}", "People at a sale's valve, by where they stand.");
        meter.CreateObservableGauge<int>(
            PausedName, () =>
            Read().Select(one => new Measurement<int>(one.Status.IsPaused ? 1 : 0, SaleTag(one.Sale))), null,
            "Whether an operator holds a sale's line.");
        meter.CreateObservableCounter<long>(
            PlacesName, () => Read().SelectMany(Places), "{place}", "What has become of places at a sale's valve since it was set up.");
    }

    /// <summary>Notes that a sale's valve was asked, and what it said of itself, if it did.</summary>
    public void Note(Guid sale, ValveStatus? status)
    {
        if (!_sales.TryGetValue(sale, out var seen))
        {
            if (_sales.Count >= MaxSales)
                return;
            seen = _sales.GetOrAdd(sale, static _ => new Seen());
        }

        seen.AskedAt = _time.GetTimestamp();
        seen.Status = status ?? seen.Status;
    }

    /// <summary>Asks the valves of all sales that are told.</summary>
    public async Task AskAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline, _time);
        await Task.WhenAll(_sales.Select(async pair =>
        {
            try
            {
                var reply = await _engine.StatusAsync(SaleId.Of(pair.Key.ToString()), deadline.Token);
                if (!reply.IsFault)
                    pair.Value.Status = reply.Value;
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                // Whoever asks the valve for somebody says what is wrong; what was heard last stays.
            }
        }));
    }

    private (Guid Sale, ValveStatus Status)[] Read()
    {
        foreach (var (sale, seen) in _sales)
        {
            if (_time.GetElapsedTime(seen.AskedAt) >= Remembered)
                _sales.TryRemove(sale, out _);
        }

        if (!_sales.IsEmpty && Interlocked.CompareExchange(ref _isAsking, 1, 0) == 0)
            _ = AskAsync().ContinueWith(
                _ => Volatile.Write(ref _isAsking, 0), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return [.. _sales.Where(pair => pair.Value.Status is not null).Select(pair => (pair.Key, pair.Value.Status!.Value))];
    }

    private static IEnumerable<Measurement<int>> People((Guid Sale, ValveStatus Status) one) =>
    [
        new(one.Status.Joining, SaleTag(one.Sale), new("state", "joining")),
        new(one.Status.Waiting, SaleTag(one.Sale), new("state", "waiting")),
        new(one.Status.InCheckout, SaleTag(one.Sale), new("state", "checkout")),
    ];

    private static IEnumerable<Measurement<long>> Places((Guid Sale, ValveStatus Status) one) =>
    [
        new(one.Status.Counts.Joined, SaleTag(one.Sale), new("event", "joined")),
        new(one.Status.Counts.Admitted, SaleTag(one.Sale), new("event", "admitted")),
        new(one.Status.Counts.Left, SaleTag(one.Sale), new("event", "left")),
        new(one.Status.Counts.Died, SaleTag(one.Sale), new("event", "died")),
        new(one.Status.Counts.NoShows, SaleTag(one.Sale), new("event", "noShow")),
        new(one.Status.Counts.Completed, SaleTag(one.Sale), new("event", "completed")),
        new(one.Status.Counts.Abandoned, SaleTag(one.Sale), new("event", "abandoned")),
    ];

    private static KeyValuePair<string, object?> SaleTag(Guid sale) => new("sale", sale.ToString());

    /// <summary>A sale, as it was last heard of.</summary>
    private sealed class Seen
    {
        private readonly Lock _gate = new();
        private ValveStatus? _status;

        public long AskedAt { get; set; }

        public ValveStatus? Status
        {
            get
            {
                lock (_gate)
                    return _status;
            }
            set
            {
                lock (_gate)
                    _status = value;
            }
        }
    }
}
