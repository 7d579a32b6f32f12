using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Reads one section, complaining about every value that cannot be read and every name that is none of its settings. A setting
/// without a value is not set. Used by one thread at start.
/// </summary>
internal sealed class SettingsReader(IConfigurationSection section, SettingErrors errors)
{
    private const int LongestShown = 100;
    private readonly List<string> _known = [];

    /// <summary>The section's path.</summary>
    public string Path => section.Path;

    /// <summary>A whole number.</summary>
    public void Whole(string name, long min, long max, string unit, Action<long> set) => Read(
        name,
        text =>
        {
            var good = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max;
            if (good)
                set(value);
            return good;
        },
        WholeRule(min, max, unit));

    /// <summary>Yes or no.</summary>
    public void Flag(string name, Action<bool> set) => Read(
        name,
        text =>
        {
            var good = bool.TryParse(text, out var value);
            if (good)
                set(value);
            return good;
        },
        "must be true or false");

    /// <summary>A window.</summary>
    public void Window(string name, Action<TimeSpan> set) => Read(
        name,
        text =>
        {
            var good = WindowText.TryParse(text, out var value);
            if (good)
                set(value);
            return good;
        },
        text => WindowText.RuleFor(text, WindowText.Rule));

    /// <summary>A length of time.</summary>
    public void Span(string name, TimeSpan min, TimeSpan max, Action<TimeSpan> set) => Read(
        name,
        text =>
        {
            var good = WindowText.TryParseSpan(text, out var value) && value >= min && value <= max;
            if (good)
                set(value);
            return good;
        },
        text => WindowText.RuleFor(text, SpanRule(min, max)));

    /// <summary>One of a few words.</summary>
    public void Word(string name, Func<string, bool> trySet, string rule) => Read(name, trySet, rule);

    /// <summary>Any text.</summary>
    public void Text(string name, Action<string> set) => Read(
        name,
        text =>
        {
            set(text);
            return true;
        },
        "must be a single text");

    /// <summary>A list of names, which replaces what was there.</summary>
    public void Names(string name, IList<string> names)
    {
        _known.Add(name);
        var child = section.GetSection(name);
        if (child.Value is { Length: > 0 } text)
            errors.Add(child.Path, Shown(text), $"must be a list: {name}:0, {name}:1 and so on");
        var items = child.GetChildren().ToList();
        if (items.Count == 0)
            return;
        names.Clear();
        foreach (var item in items)
        {
            if (string.IsNullOrEmpty(item.Value))
                errors.Add(item.Path, "not set", "must be a name");
            else
                names.Add(item.Value);
        }
    }

    /// <summary>The sections inside one of this section's.</summary>
    public IReadOnlyList<SettingsReader> Sections(string name)
    {
        _known.Add(name);
        return SectionsOf(section.GetSection(name), errors);
    }

    /// <summary>Whether a setting has a value or holds others.</summary>
    public bool IsSet(string name) => section.GetSection(name) is var child && (!string.IsNullOrEmpty(child.Value) || child.GetChildren().Any());

    /// <summary>The last part of the section's path.</summary>
    public string Name => section.Key;

    /// <summary>Settings of this section that somebody else reads.</summary>
    public void Ignore(IEnumerable<string> names) => _known.AddRange(names);

    /// <summary>Complains about every name that was not read. Values are not shown: a key could be among them.</summary>
    public void RejectOthers()
    {
        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(section.Path, "a single value", "must hold settings");
        foreach (var child in section.GetChildren().Where(child => !_known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
            errors.Add(child.Path, "set", $"is no setting; known here: {string.Join(", ", _known)}");
    }

    /// <summary>The sections inside <paramref name="parent"/>, each of which must hold settings.</summary>
    public static IReadOnlyList<SettingsReader> SectionsOf(IConfigurationSection parent, SettingErrors errors)
    {
        if (!string.IsNullOrEmpty(parent.Value))
            errors.Add(parent.Path, "a single value", "must hold sections");
        var readers = new List<SettingsReader>();
        foreach (var child in parent.GetChildren())
        {
            if (string.IsNullOrEmpty(child.Value))
                readers.Add(new SettingsReader(child, errors));
            else
                errors.Add(child.Path, "a single value", "must hold settings");
        }

        return readers;
    }

    /// <summary>The rule of a whole number, for messages.</summary>
    public static string WholeRule(long min, long max, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min:N0} to {max:N0}{(unit.Length > 0 ? " " + unit : "")}");

    /// <summary>The rule of a length of time, for messages.</summary>
    public static string SpanRule(TimeSpan min, TimeSpan max) =>
        string.Create(CultureInfo.InvariantCulture, $"must be a time span such as 00:00:01.500 or a whole number with its unit (150ms, 1s), from {min.TotalMilliseconds:N0} ms to {max.TotalMilliseconds:N0} ms");

    /// <summary>A value as it may stand in a message.</summary>
    public static string Shown(string text) => $"'{(text.Length <= LongestShown ? text : text[..LongestShown] + "...")}'";

    private void Read(string name, Func<string, bool> trySet, string rule) => Read(name, trySet, _ => rule);

    private void Read(string name, Func<string, bool> trySet, Func<string, string> ruleFor)
    {
        _known.Add(name);
        var child = section.GetSection(name);
        if (child.GetChildren().Any())
            errors.Add(child.Path, "a section", ruleFor(string.Empty));
        else if (!string.IsNullOrEmpty(child.Value) && !trySet(child.Value))
            errors.Add(child.Path, Shown(child.Value), ruleFor(child.Value));
    }
}
