using System.Globalization;

namespace OrleansLimiter.Configuration;

/// <summary>A setting is a length of time within bounds, written with its unit (<see cref="WindowText.TryParseSpan"/>).</summary>
/// <param name="least">The shortest, in milliseconds.</param>
/// <param name="most">The longest, in milliseconds.</param>
/// <param name="rule">The rule, for messages; null for the usual one.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DurationAttribute(int least, int most, string? rule = null) : Attribute, IBoundsRule
{
    private readonly string _rule = rule ?? string.Create(
        CultureInfo.InvariantCulture,
        $"must be a time span such as 00:00:01.500 or a whole number with its unit (150ms, 1s), from {least:N0} ms to {most:N0} ms");

    /// <summary>A length of time as messages show it.</summary>
    public static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:N0} ms");

    public string? Read(string text) =>
        WindowText.TryParseSpan(text, out var time) && IsWithin(time) ? time.ToString("c", CultureInfo.InvariantCulture) : null;

    public string RuleFor(string text) => WindowText.RuleFor(text, _rule);

    public string? Breach(object value) => IsWithin((TimeSpan)value) ? null : Text((TimeSpan)value);

    private bool IsWithin(TimeSpan time) => time >= TimeSpan.FromMilliseconds(least) && time <= TimeSpan.FromMilliseconds(most);
}
