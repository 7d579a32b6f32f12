using OrleansLimiter.SaleBench.Http;

namespace OrleansLimiter.SaleBench.Play;

/// <summary>
/// Which tickets seem to be available: what a page would show to everybody. It is read anew when nothing on it is left, at most every two
/// seconds, since reading is limited by address and all buyers of a run have one. Safe for use by many threads.
/// </summary>
internal sealed class SeatMap
{
    private const int MostPages = 100;
    private const long Fresh = 2_000_000;

    private readonly Lock _lock = new();
    private readonly SaleService _service;
    private readonly Guid _sale;
    private readonly List<Guid> _available = [];
    private readonly Dictionary<Guid, int> _places = [];
    private readonly HashSet<Guid> _known = [];
    private Guid[] _all = [];
    private Task? _reading;
    private long _readAt = long.MinValue / 2;

    /// <summary>Starts with an empty map.</summary>
    public SeatMap(SaleService service, Guid sale)
    {
        _service = service;
        _sale = sale;
    }

    /// <summary>Whether no ticket seems to be available.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _available.Count == 0;
        }
    }

    /// <summary>
    /// Picks tickets at random among those that seem available. Where none does: any, since the line is for people who want some ticket.
    /// </summary>
    public Guid[] Pick(Random random, int count)
    {
        lock (_lock)
        {
            var from = _available.Count > 0 ? (IReadOnlyList<Guid>)_available : _all;
            var picked = new HashSet<Guid>();
            for (var i = 0; i < Math.Min(count, from.Count); i++)
            {
                while (!picked.Add(from[random.Next(from.Count)]))
                {
                    // That one is picked already.
                }
            }

            return [.. picked];
        }
    }

    /// <summary>Takes tickets off the map: they are sold, or seem to be.</summary>
    public void Remove(IEnumerable<Guid> tickets)
    {
        lock (_lock)
        {
            foreach (var ticket in tickets)
            {
                if (!_places.Remove(ticket, out var place))
                    continue;
                var last = _available[^1];
                _available[place] = last;
                _available.RemoveAt(_available.Count - 1);
                if (last != ticket)
                    _places[last] = place;
            }
        }
    }

    /// <summary>Reads the map anew if nothing on it is left and it is not fresh; comes back when it is as good as it gets.</summary>
    public Task RefreshAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_available.Count > 0 || Clock.Now - _readAt < Fresh)
                return Task.CompletedTask;
            return _reading is { IsCompleted: false } ? _reading : _reading = ReadAsync(cancellation);
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var found = new List<Guid>();
        Guid? after = null;
        for (var page = 0; page == 0 || (after is not null && page < MostPages); page++)
        {
            (var tickets, after) = await _service.TicketsAsync(_sale, after, cancellation);
            found.AddRange(tickets);
        }

        lock (_lock)
        {
            _readAt = Clock.Now;
            _available.Clear();
            _places.Clear();
            foreach (var ticket in found)
            {
                _places[ticket] = _available.Count;
                _available.Add(ticket);
            }

            _known.UnionWith(found);
            _all = [.. _known];
        }
    }
}
