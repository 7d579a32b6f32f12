using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Grains;

/// <summary>Which keys outlive their activation.</summary>
internal static class KeyDurability
{
    /// <summary>
    /// How long an idle activation is kept, in minutes. A key that is not durable is whole after two windows of less than a
    /// minute, or a fill of less than one, and remembers no request id after one: forgetting it then gives nothing away.
    /// </summary>
    public const int IdleMinutes = 3;

    private const long Minute = 60_000_000;

    /// <summary>The longest that a key remembers anything: two windows, or the time that its empty bucket takes to fill.</summary>
    public static TimeSpan HorizonOf(LimitSpec spec)
    {
        Int128 longest = 0;
        foreach (var bandwidth in spec.Bandwidths)
        {
            var window = bandwidth.WindowMicroseconds;
            longest = Int128.Max(longest, Int128.Max(2 * (Int128)window, (Int128)bandwidth.Capacity * window / bandwidth.Limit + 1));
        }

        var ticks = longest * TimeSpan.TicksPerMicrosecond;
        return ticks > long.MaxValue ? TimeSpan.MaxValue : new TimeSpan((long)ticks);
    }

    /// <summary>Whether a spec's keys are stored: a window, or the time that an empty bucket takes to fill, is a minute or more.</summary>
    /// <remarks>
    /// A key that is not active and whose policy turns from durable to not durable starts fresh: a capacity that would be whole
    /// within a minute anyway, against a read of storage for every new key of every short window.
    /// </remarks>
    public static bool IsDurable(LimitSpec spec)
    {
        foreach (var bandwidth in spec.Bandwidths)
        {
            var window = bandwidth.WindowMicroseconds;
            if (window >= Minute || (Int128)bandwidth.Capacity * window >= (Int128)bandwidth.Limit * Minute)
                return true;
        }

        return false;
    }
}
