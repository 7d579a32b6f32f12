using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>A window as it is written in settings: <c>00:01:00</c>, <c>500ms</c>, <c>60s</c>, <c>10m</c>, <c>1h</c>, <c>1d</c>, or whole seconds.</summary>
internal static class WindowText
{
    /// <summary>The rule, for messages.</summary>
    public const string Rule = "must be a time span such as 00:01:00, a whole number with its unit (500ms, 60s, 10m, 1h, 1d), or a whole number of seconds, from 1 millisecond to 366 days";

    private static readonly (string Suffix, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay), ("", TimeSpan.TicksPerSecond),
    ];

    /// <summary>Reads a window; false where the text is none, or out of bounds.</summary>
    public static bool TryParse(string text, out TimeSpan window)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out window) && window >= Bandwidth.MinWindow && window <= Bandwidth.MaxWindow;

        var (suffix, ticks) = Units.First(unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        var good = long.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count >= 1
            && count <= Bandwidth.MaxWindow.Ticks / ticks;
        window = good ? new TimeSpan(count * ticks) : default;
        return good;
    }
}
