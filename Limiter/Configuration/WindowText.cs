using System.Globalization;
using System.Text.RegularExpressions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>
/// A window as it is written in settings: <c>00:01:00</c>, <c>500ms</c>, <c>60s</c>, <c>10m</c>, <c>1h</c>, <c>1d</c>, or whole seconds.
/// What two people read differently is none: <c>24:00:00</c> is 24 days to .NET's parser and one day to its reader, <c>1M</c> a minute or a
/// month.
/// </summary>
internal static partial class WindowText
{
    public const string Rule =
        "must be a time span such as 00:01:00, a whole number with its unit (500ms, 60s, 10m, 1h, 1d), or a whole number of seconds, from "
        + "1 millisecond to 366 days";

    private static readonly (string Suffix, long Ticks)[] Units =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay), ("", TimeSpan.TicksPerSecond),
    ];

    /// <summary>Reads a window; false where the text is none, can be read in two ways, or is out of bounds.</summary>
    public static bool TryParse(string text, out TimeSpan window)
    {
        window = default;
        if (text.Contains(':', StringComparison.Ordinal))
            return DayTime().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out window)
                && window >= Bandwidth.MinWindow && window <= Bandwidth.MaxWindow;
        if (text.Contains('M', StringComparison.Ordinal))
            return false;

        var (suffix, ticks) = Units.First(unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        var good = long.TryParse(
            text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count >= 1
            && count <= Bandwidth.MaxWindow.Ticks / ticks;
        window = good ? new TimeSpan(count * ticks) : default;
        return good;
    }

    /// <summary>
    /// Reads any other length of time: likewise, but a number without a unit is none, since those are mostly of milliseconds.
    /// </summary>
    public static bool TryParseSpan(string text, out TimeSpan span)
    {
        span = default;
        return !text.All(char.IsAsciiDigit) && TryParse(text, out span);
    }

    /// <summary>A rule for a message, and for a text that can be read in two ways how to write what was meant.</summary>
    public static string RuleFor(string text, string rule)
    {
        if (Hours().Match(text) is { Success: true } hours)
            return $"{rule}; for {hours.Groups[1].Value} hours write {hours.Groups[1].Value}h, for as many days {hours.Groups[1].Value}d";
        if (Months().IsMatch(text))
            return $"{rule}; a minute is 1m, a month 30d, and a millisecond 1ms, all in small letters";
        return OddColons().IsMatch(text)
            ? $"{rule}; with colons it is hours, minutes and seconds, all three, after whole days and a dot if any (1.00:00:00)"
            : rule;
    }

    [GeneratedRegex(@"^(\d+\.)?([01]?\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$", RegexOptions.CultureInvariant)]
    private static partial Regex DayTime();

    [GeneratedRegex(@"^0*(2[4-9]|[3-9]\d|[1-9]\d{2,}):[0-5]?\d(:[0-5]?\d)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Hours();

    [GeneratedRegex(@"^\d+:\d+$|^\d+(:\d+){3}$", RegexOptions.CultureInvariant)]
    private static partial Regex OddColons();

    [GeneratedRegex(@"^\d+M[sS]?$|^\d+mS$", RegexOptions.CultureInvariant)]
    private static partial Regex Months();
}
