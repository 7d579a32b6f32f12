namespace OrleansLimiter.Core.Limits;

/// <summary>
/// The step in which a bandwidth counts time: 1 us, or a power of ten up to 1 s where 1 us would take a product past
/// 2^53. Time is floored to the tick before anything else; waits are turned back into exact microseconds.
/// </summary>
internal readonly record struct Tick
{
    /// <summary>The integers that a Lua number holds: every product stays under it.</summary>
    internal const long ProductLimit = 1L << 53;

    private const long CoarsestMicroseconds = 1_000_000;

    private Tick(long microseconds) => Microseconds = microseconds;

    /// <summary>One microsecond, the finest tick.</summary>
    public static Tick Finest => new(1);

    /// <summary>The tick's length in microseconds: 1, 10, ... 1,000,000.</summary>
    public long Microseconds { get; }

    /// <summary>The finest tick that divides a window and keeps an algorithm's largest product under 2^53.</summary>
    /// <param name="windowMicroseconds">The window.</param>
    /// <param name="largestProduct">The largest product the algorithm forms, for a window of so many ticks.</param>
    /// <returns>The tick; null where none will do.</returns>
    internal static Tick? FinestFor(long windowMicroseconds, Func<long, UInt128> largestProduct)
    {
        for (var length = 1L; length <= CoarsestMicroseconds && windowMicroseconds % length == 0; length *= 10)
        {
            if (largestProduct(windowMicroseconds / length) < ProductLimit)
                return new Tick(length);
        }

        return null;
    }

    /// <summary>The tick that an instant falls in.</summary>
    /// <param name="instant">Any instant.</param>
    /// <returns>Whole ticks since the epoch.</returns>
    public long Floor(Instant instant) => Microseconds == 1 ? instant.Microseconds : instant.Microseconds / Microseconds;

    /// <summary>The wait from <paramref name="now"/> until a tick begins, in exact microseconds.</summary>
    /// <param name="ticks">Whole ticks since the epoch.</param>
    /// <param name="now">From when.</param>
    /// <returns>The wait; none if the tick has begun.</returns>
    public Wait Until(long ticks, Instant now) =>
        Microseconds == 1
            ? Wait.OfMicroseconds(ticks - now.Microseconds)
            : Wait.OfMicroseconds(SaturatingMicroseconds(ticks) - now.Microseconds);

    private long SaturatingMicroseconds(long ticks) =>
        ticks > long.MaxValue / Microseconds ? long.MaxValue : ticks * Microseconds;
}
