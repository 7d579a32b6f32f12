using OrleansLimiter.Logging;

namespace OrleansLimiter.Hosting.Connections;

/// <summary>
/// Counts the connections of one or several listeners together, and those that found no place, of which one log line a second tells. Safe
/// for use by many threads; takes no lock.
/// </summary>
/// <param name="max">How many places there are.</param>
/// <param name="listener">Whose they are, for metrics and the log.</param>
/// <param name="time">The clock that log lines are paced by.</param>
/// <param name="logger">Where refusals are told.</param>
internal sealed partial class ConnectionPlaces(int max, string listener, TimeProvider time, ILogger<ConnectionPlaces> logger)
{
    private readonly LogPacer _pace = new(time);
    private int _open;
    private long _refused;

    public string Listener => listener;

    public int Open => Volatile.Read(ref _open);

    /// <summary>How many connections found none.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>Takes a place.</summary>
    /// <returns>Whether there was one; if not, that is counted.</returns>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _open) <= max)
            return true;
        Interlocked.Decrement(ref _open);
        Interlocked.Increment(ref _refused);
        if (_pace.IsDue(out var count))
            LogRefused(logger, listener, count, max);
        return false;
    }

    public void Free() => Interlocked.Decrement(ref _open);

    [LoggerMessage(
        EventId = 1, EventName = "ConnectionsRefused", Level = LogLevel.Warning,
        Message = "Connections to the {Listener} listener were refused, {Count} since the last such line: {Max} are open, and more may not "
            + "be.")]
    private static partial void LogRefused(ILogger logger, string listener, long count, int max);
}
