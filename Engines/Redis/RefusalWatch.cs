namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Keeps in mind that a server which is there does not do what it is asked (it is full, its user lacks a right), from the first call that
/// says so until it is over: it is asked every second, and it is over when that was done and no call was refused since the last time. Safe
/// for many threads.
/// </summary>
/// <param name="probe">Asks for what decisions need, says whether it was done, and has <see cref="Hear"/> called where it was refused. Does
/// not throw.</param>
/// <param name="changed">Told when it begins and when it is over. Must not block.</param>
/// <param name="time">The clock of the looks.</param>
/// <param name="closed">Ends the looks.</param>
internal sealed class RefusalWatch(Func<Task<bool>> probe, Action changed, TimeProvider time, CancellationToken closed)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private bool _wasHeard;
    private volatile string? _words;

    /// <summary>What the server said first; null while it does what it is asked.</summary>
    public string? Words => _words;

    public void Hear(string words)
    {
        lock (_gate)
        {
            _wasHeard = true;
            if (_words is not null)
                return;
            _words = words;
        }

        changed();
        _ = WatchAsync();
    }

    private async Task WatchAsync()
    {
        while (true)
        {
            lock (_gate)
                _wasHeard = false;
            await Task.Delay(BetweenLooks, time, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (closed.IsCancellationRequested)
                return;
            var isDone = await probe().ConfigureAwait(false);
            lock (_gate)
            {
                if (_wasHeard || !isDone)
                    continue;
                _words = null;
            }

            changed();
            return;
        }
    }
}
