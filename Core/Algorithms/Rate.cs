using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// A bucket's rate in lowest terms: <c>Permits</c> per <c>Ticks</c>, and the bucket's size. Every product formed of them,
/// at most <c>Capacity * Ticks</c>, is under 2^53.
/// </summary>
/// <param name="Permits">l: permits per <see cref="Ticks"/>, after division by the greatest common divisor.</param>
/// <param name="Ticks">w: the ticks in which so many permits flow.</param>
/// <param name="Capacity">B: the bucket's size.</param>
/// <param name="Tick">The step in which time is counted.</param>
internal readonly record struct Rate(long Permits, long Ticks, long Capacity, Tick Tick)
{
    /// <summary>Reduces a bandwidth's rate and finds its tick, or says that there is none.</summary>
    public static bool TryCompile(Bandwidth bandwidth, out Rate rate, [NotNullWhen(false)] out InvalidValue? error)
    {
        var capacity = bandwidth.Capacity;
        var tick = Tick.FinestFor(
            bandwidth.WindowMicroseconds,
            windowTicks => (UInt128)capacity * (UInt128)(windowTicks / Gcd(bandwidth.Limit, windowTicks)));
        if (tick is null)
        {
            rate = default;
            error = TooLarge(bandwidth);
            return false;
        }

        var window = bandwidth.WindowMicroseconds / tick.Value.Microseconds;
        var divisor = Gcd(bandwidth.Limit, window);
        rate = new Rate(bandwidth.Limit / divisor, window / divisor, capacity, tick.Value);
        error = null;
        return true;
    }

    /// <summary>The complaint about a bandwidth for which no tick exists.</summary>
    public static InvalidValue TooLarge(Bandwidth bandwidth) => new(
        "window",
        string.Create(CultureInfo.InvariantCulture, $"{bandwidth.Window:c} with {bandwidth.Capacity} permits"),
        "must keep permits times window under 2^53, counted in a tick of 1 us or a power of ten up to 1 s that divides the window: choose "
            + "a shorter or rounder window, or fewer permits");

    /// <summary>
    /// The exact quotient rounded up, for a dividend of at least 0. Dividing by 1, the usual case after reduction, costs nothing.
    /// </summary>
    public static long CeilingQuotient(long dividend, long divisor)
    {
        if (divisor == 1)
            return dividend;
        var quotient = (long)((ulong)dividend / (ulong)divisor);
        return quotient * divisor == dividend ? quotient : quotient + 1;
    }

    private static long Gcd(long a, long b) => (long)BigInteger.GreatestCommonDivisor(a, b);
}
