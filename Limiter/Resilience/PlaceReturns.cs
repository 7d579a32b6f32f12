using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Gives places back to the engine that nobody holds, in the background, until it says that they are free; and renews those whose renewal
/// it did not answer. Holds so many at most: one beyond is free when its time to live is over. One round runs at a time. Safe for use by
/// many threads.
/// </summary>
internal sealed class PlaceReturns : IDisposable
{
    /// <summary>The most places that wait.</summary>
    public const int MaxPlaces = 10_000;

    /// <summary>The most places that one round asks for.</summary>
    public const int MostPerRound = 100;

    /// <summary>From one round to the next.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// From a place's coming to the first try, and from each try to the next: the last for as long as it must be tried. Together longer
    /// than an acquire that was given up may be on its way, which waits for its turn behind others at its owner.
    /// </summary>
    private static readonly TimeSpan[] Waits = [
        Pause, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(25)];

    // A renewal is due while the place's short life lasts: from this one on it is tried at the same pace.
    private const int LastWaitOfRenewals = 2;

    private readonly Lock _gate = new();
    private readonly PriorityQueue<PlaceReturn, long> _places = new();
    private readonly ILimitEngine _engine;
    private readonly Func<bool> _isFree;
    private readonly TimeProvider _time;
    private readonly ResilienceLog _log;
    private readonly ITimer _timer;
    private bool _isRunning;
    private bool _isStopped;

    /// <param name="engine">Who is to free them.</param>
    /// <param name="isFree">Whether the engine may be asked by a call that nobody waits for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where bugs of the engine are logged.</param>
    public PlaceReturns(ILimitEngine engine, Func<bool> isFree, TimeProvider time, ResilienceLog log)
    {
        (_engine, _isFree, _time, _log) = (engine, isFree, time, log);
        using (ExecutionContext.SuppressFlow())
            _timer = time.CreateTimer(
                static returns => ((PlaceReturns)returns!).Start(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _places.Count;
        }
    }

    /// <summary>The round that the timer started last.</summary>
    public Task LastRound { get; private set; } = Task.CompletedTask;

    /// <summary>Has the place that a request names given back, or renewed where that is what was asked.</summary>
    public void Add(in LimitRequest request) =>
        Put(new PlaceReturn(request.Key, request.Spec, request.Lease, request.Operation) { Since = _time.GetTimestamp() });

    /// <summary>Stops: what was not given back is free when its time to live is over.</summary>
    public void Dispose()
    {
        lock (_gate)
            _isStopped = true;
        _timer.Dispose();
    }

    private void Put(PlaceReturn place)
    {
        var dueAt = _time.GetTimestamp()
            + (long)(Waits[Math.Min(place.Tries, place.Unanswered == Operation.Renew
            ? LastWaitOfRenewals
            : Waits.Length - 1)].TotalSeconds * _time.TimestampFrequency);
        lock (_gate)
        {
            if (_places.Count >= MaxPlaces || _isStopped)
                return;
            _places.Enqueue(place, dueAt);
            if (_places.Count == 1 && !_isRunning)
                _timer.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    private bool TryTakeDue(out PlaceReturn? place)
    {
        lock (_gate)
        {
            place = null;
            return !_isStopped && _places.TryPeek(out _, out var dueAt) && dueAt <= _time.GetTimestamp()
                && _places.TryDequeue(out place, out _);
        }
    }

    private void Start()
    {
        lock (_gate)
        {
            if (_isRunning || _isStopped)
                return;
            _isRunning = true;
        }

        LastRound = RunAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            for (var left = MostPerRound; left > 0 && _isFree() && TryTakeDue(out var place); left--)
            {
                if (!await IsOverAsync(place!).ConfigureAwait(false))
                    Put(place! with { Tries = place.Tries + 1 });
            }
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            _log.Thrown(_engine.Source, thrown);
        }
        finally
        {
            lock (_gate)
            {
                _isRunning = false;
                if (_places.Count > 0 && !_isStopped)
                    _timer.Change(Pause, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Tries to free a place, or to renew it.</summary>
    /// <returns>Whether nothing is left to do for it.</returns>
    private async ValueTask<bool> IsOverAsync(PlaceReturn place)
    {
        EngineReply reply;
        try
        {
            reply = await _engine.ExecuteAsync(place.ToRequest(), CancellationToken.None).ConfigureAwait(false);
        }
        catch (NotSupportedException)
        {
            // The policy gives out no places any more.
            return true;
        }

        // The engine was away all its time to live: since then it is free by itself, unless its acquire came late.
        if (reply.IsFault)
            return (place.Tries >= Waits.Length || place.Unanswered == Operation.Renew)
                && _time.GetElapsedTime(place.Since) >= place.Matters;
        return reply.Decision.IsAdmitted || !place.MayStillCome || place.Tries >= Waits.Length - 1;
    }
}
