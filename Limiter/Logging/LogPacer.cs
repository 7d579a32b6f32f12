namespace OrleansLimiter.Logging;

/// <summary>
/// Lets one log line through a second, with the number of events since the last. Safe for use by many threads; takes no lock.
/// </summary>
internal sealed class LogPacer(TimeProvider time)
{
    private const long Never = long.MinValue;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _lastLine = Never;
    private long _unreported;

    /// <summary>Counts an event.</summary>
    /// <param name="count">The events since the last line, this one included, if a line is due.</param>
    /// <returns>Whether a line is due.</returns>
    public bool IsDue(out long count)
    {
        count = 0;
        Interlocked.Increment(ref _unreported);
        var last = Volatile.Read(ref _lastLine);
        var now = time.GetTimestamp();
        if (last != Never && time.GetElapsedTime(last, now) < Pause)
            return false;
        if (Interlocked.CompareExchange(ref _lastLine, now, last) != last)
            return false;
        count = Interlocked.Exchange(ref _unreported, 0);
        return true;
    }
}
