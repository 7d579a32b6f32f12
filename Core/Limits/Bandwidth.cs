using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace OrleansLimiter.Core.Limits;

/// <summary>
/// How many permits a key has per window, before an algorithm gives it a meaning: <c>limit</c> per <c>window</c>, and
/// for the bucket algorithms how many may be taken at once.
/// </summary>
public sealed record Bandwidth
{
    /// <summary>The most permits that a limit or a burst may name: 10^9.</summary>
    public const long MaxLimit = 1_000_000_000;

    /// <summary>The shortest window: 1 ms.</summary>
    public static readonly TimeSpan MinWindow = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest window: 366 days.</summary>
    public static readonly TimeSpan MaxWindow = TimeSpan.FromDays(366);

    private Bandwidth(long limit, TimeSpan window, long? burst)
    {
        Limit = limit;
        Window = window;
        Burst = burst;
    }

    /// <summary>Permits per window, 1 to 10^9.</summary>
    public long Limit { get; }

    /// <summary>The window, 1 ms to 366 days, in whole microseconds. For <c>concurrency</c>: a lease's time to live.</summary>
    public TimeSpan Window { get; }

    /// <summary>How many permits a bucket holds, 1 to 10^9; null for the limit itself. Bucket algorithms only.</summary>
    public long? Burst { get; }

    /// <summary>The window in microseconds.</summary>
    public long WindowMicroseconds => Window.Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The bucket's size: <see cref="Burst"/>, or <see cref="Limit"/> where none is set.</summary>
    public long Capacity => Burst ?? Limit;

    /// <summary>Checks the numbers and creates the bandwidth.</summary>
    /// <param name="limit">Permits per window, 1 to 10^9.</param>
    /// <param name="window">1 ms to 366 days, in whole microseconds.</param>
    /// <param name="burst">A bucket's size, 1 to 10^9; null for the limit.</param>
    /// <param name="bandwidth">The bandwidth, if all is right.</param>
    /// <param name="error">What is wrong, if not: the field (<c>limit</c>, <c>window</c>, <c>burst</c>), its value, the rule.</param>
    /// <returns>Whether all is right.</returns>
    public static bool TryCreate(
        long limit,
        TimeSpan window,
        long? burst,
        [NotNullWhen(true)] out Bandwidth? bandwidth,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        error = ErrorIn(limit, window, burst);
        bandwidth = error is null ? new Bandwidth(limit, window, burst) : null;
        return error is null;
    }

    /// <summary>Creates a bandwidth that the program itself knows to be right.</summary>
    /// <param name="limit">Permits per window, 1 to 10^9.</param>
    /// <param name="window">1 ms to 366 days, in whole microseconds.</param>
    /// <param name="burst">A bucket's size, 1 to 10^9; null for the limit.</param>
    /// <returns>The bandwidth.</returns>
    /// <exception cref="ArgumentException">A number is out of bounds; the message names it and the rule.</exception>
    public static Bandwidth Of(long limit, TimeSpan window, long? burst = null) =>
        TryCreate(limit, window, burst, out var bandwidth, out var error)
            ? bandwidth
            : throw new ArgumentException(error.ToString());

    private static InvalidValue? ErrorIn(long limit, TimeSpan window, long? burst)
    {
        if (limit is < 1 or > MaxLimit)
            return new InvalidValue("limit", Text(limit), "must be from 1 to 1,000,000,000 permits");
        if (window < MinWindow || window > MaxWindow)
            return new InvalidValue("window", window.ToString("c", CultureInfo.InvariantCulture), "must be from 1 millisecond to 366 days");
        if (window.Ticks % TimeSpan.TicksPerMicrosecond != 0)
            return new InvalidValue("window", window.ToString("c", CultureInfo.InvariantCulture), "must be whole microseconds");
        if (burst is < 1 or > MaxLimit)
            return new InvalidValue("burst", Text(burst.Value), "must be from 1 to 1,000,000,000 permits");
        return null;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
