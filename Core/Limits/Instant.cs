namespace OrleansLimiter.Core.Limits;

/// <summary>
/// A point in time: whole microseconds since the Unix epoch, from 0 to 2^53 - 1 (the year 2255), the integers that a
/// Lua number holds. Anything outside is clamped, so that no sum of instants and waits can overflow.
/// </summary>
public readonly record struct Instant : IComparable<Instant>
{
    /// <summary>The latest instant there is, in microseconds.</summary>
    public const long MaxMicroseconds = (1L << 53) - 1;

    /// <summary>Creates the instant nearest to <paramref name="microseconds"/>.</summary>
    /// <param name="microseconds">Microseconds since the Unix epoch; clamped to 0..<see cref="MaxMicroseconds"/>.</param>
    public Instant(long microseconds) => Microseconds = Math.Clamp(microseconds, 0, MaxMicroseconds);

    /// <summary>Microseconds since the Unix epoch.</summary>
    public long Microseconds { get; }

    /// <summary>The microsecond that <paramref name="time"/> falls in.</summary>
    /// <param name="time">Any time; clamped to the range of an instant.</param>
    /// <returns>The instant, rounded down.</returns>
    public static Instant From(DateTimeOffset time) =>
        new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>The later of two instants.</summary>
    /// <param name="a">One.</param>
    /// <param name="b">The other.</param>
    /// <returns>The later.</returns>
    public static Instant Max(Instant a, Instant b) => a.Microseconds >= b.Microseconds ? a : b;

    /// <summary>The instant <paramref name="wait"/> after this one, clamped to the latest there is.</summary>
    /// <param name="wait">How long after; <see cref="Wait.Never"/> gives the latest instant.</param>
    /// <returns>The later instant.</returns>
    public Instant After(Wait wait) =>
        wait.IsNever ? new(MaxMicroseconds) : new(Microseconds + Math.Min(wait.Microseconds, MaxMicroseconds));

    /// <inheritdoc />
    public int CompareTo(Instant other) => Microseconds.CompareTo(other.Microseconds);

    /// <summary>Whether <paramref name="left"/> is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left.Microseconds < right.Microseconds;

    /// <summary>Whether <paramref name="left"/> is later.</summary>
    public static bool operator >(Instant left, Instant right) => left.Microseconds > right.Microseconds;

    /// <summary>Whether <paramref name="left"/> is not later.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Microseconds <= right.Microseconds;

    /// <summary>Whether <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Microseconds >= right.Microseconds;
}
