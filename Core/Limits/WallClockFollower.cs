namespace OrleansLimiter.Core.Limits;

/// <summary>
/// Makes instants of a wall clock that move by the monotonic timer, and tells when somebody has set that clock: other machines and people
/// go by the wall, and what lasts must not be longer or shorter for it. Holds the difference of the two and takes a new one only when they
/// have moved apart. Safe for many threads.
/// </summary>
/// <param name="frequency">Timestamps per second.</param>
internal sealed class WallClockFollower(long frequency)
{
    /// <summary>
    /// How far the clocks may move apart before that is taken for a step: 50 ms. A thread that is held up between reading the two must not
    /// look like one, and nobody is told an instant that is further off.
    /// </summary>
    public const long ToleranceMicroseconds = 50_000;

    private const long NotRead = long.MinValue;

    private long _offset = NotRead;

    /// <summary>Makes an instant of three readings, taken in this order.</summary>
    /// <param name="before">The monotonic timestamp.</param>
    /// <param name="wall">The wall clock.</param>
    /// <param name="after">The monotonic timestamp again.</param>
    /// <returns>The instant it is, and by how much the wall is ahead of the timer.</returns>
    public WallReading Read(long before, DateTimeOffset wall, long after)
    {
        var timer = Microseconds(after);
        var offset = Instant.From(wall).Microseconds - timer;
        var held = Volatile.Read(ref _offset);
        var isStep = Math.Abs(offset - held) > ToleranceMicroseconds && timer - Microseconds(before) < ToleranceMicroseconds / 2;
        if (held == NotRead || isStep)
            Volatile.Write(ref _offset, held = offset);
        return new WallReading(new Instant(timer + held), held);
    }

    private long Microseconds(long timestamp) => (long)((Int128)timestamp * TimeSpan.MicrosecondsPerSecond / frequency);
}

/// <summary>An instant of the wall clock.</summary>
/// <param name="Now">The instant.</param>
/// <param name="OffsetMicroseconds">By how much the wall is ahead of the timer: of two readings, the clock was set in between by the
/// difference.</param>
internal readonly record struct WallReading(Instant Now, long OffsetMicroseconds);
