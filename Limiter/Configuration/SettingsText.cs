using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Checks the text of settings by the options class that it is for, and hands what is right to the binder. The binder by itself stops at
/// the first wrong value, leaves a wrong entry of a list out without a word, and takes <c>24:00:00</c> for 24 days. A setting without a
/// value is not set. Used by one thread at start.
/// </summary>
/// <param name="errors">Where what is wrong goes: every value that breaks its rule, and every name that is no setting.</param>
internal sealed class SettingsText(ICollection<InvalidValue> errors)
{
    private const int LongestShown = 100;
    private const int SlipsInShortNames = 1; // all names of a section are ours

    private readonly Dictionary<string, string?> _right = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads a section into a new object of its options class.</summary>
    /// <param name="configuration">The whole configuration.</param>
    /// <param name="section">The section's name.</param>
    /// <param name="errors">Where what is wrong goes; the default stands in for it.</param>
    /// <param name="rules">Rules that depend on more than the setting itself, in the place of those of the class.</param>
    public static T Read<T>(
        IConfiguration configuration, string section, ICollection<InvalidValue> errors, params (string Setting, ISettingRule Rule)[] rules)
        where T : class, new()
    {
        var options = new T();
        var text = new SettingsText(errors);
        text.ReadSection(configuration.GetSection(section), typeof(T), target: "", rules);
        text.BindTo(options);
        return options;
    }

    /// <summary>Complains about every name that is no setting of a section. Values are not shown: a key could be among them.</summary>
    public static void RejectOthers(IConfigurationSection section, IReadOnlyCollection<string> known, ICollection<InvalidValue> errors)
    {
        foreach (var child in section.GetChildren().Where(child => !known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            var nearest = NearestName.Of(child.Key, known, SlipsInShortNames);
            var hint = nearest is null ? $"known here: {string.Join(", ", known)}" : $"the nearest is {section.Path}:{nearest}";
            errors.Add(new InvalidValue(child.Path, "set", $"is no setting; {hint}"));
        }
    }

    /// <summary>A value as it may stand in a message.</summary>
    public static string Shown(string text) => $"'{(text.Length <= LongestShown ? text : text[..LongestShown] + "...")}'";

    /// <summary>Reads a section of settings.</summary>
    /// <param name="section">The section.</param>
    /// <param name="type">Its options class.</param>
    /// <param name="target">Where the object of that class is in the one that is bound; empty: it is that one.</param>
    /// <param name="rules">As of <see cref="Read"/>.</param>
    public void ReadSection(
        IConfigurationSection section, Type type, string target = "", params (string Setting, ISettingRule Rule)[] rules)
    {
        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(new InvalidValue(section.Path, "a single value", "must hold settings"));
        foreach (var setting in SettingShape.Of(type))
        {
            var (child, inner) = (section.GetSection(setting.Name), target.Length == 0 ? setting.Name : $"{target}:{setting.Name}");
            if (setting.EntryType is { } entry)
                ReadEntries(child, entry, inner);
            else if (setting.SectionType is { } inside)
                ReadSection(child, inside, inner);
            else
                ReadValue(child, Array.Find(rules, rule => rule.Setting == setting.Name).Rule ?? setting.Rule, inner, setting.MayBeEmpty);
        }

        RejectOthers(section, SettingShape.NamesOf(type), errors);
    }

    /// <summary>Reads the entries of a list, or of a table by name.</summary>
    public void ReadEntries(IConfigurationSection section, Type type, string target)
    {
        if (type == typeof(string))
        {
            ReadTexts(section, target);
            return;
        }

        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(new InvalidValue(section.Path, "a single value", "must hold sections"));
        var named = SettingShape.Of(type).FirstOrDefault(setting => setting.NamesEntry);
        foreach (var child in section.GetChildren())
        {
            var inner = $"{target}:{child.Key}";
            ReadSection(child, type, inner);
            if (!string.IsNullOrEmpty(child.Value))
                continue;

            // Makes the binder create the entry even where nothing of it is right, and says in messages where it stands.
            _right[$"{inner}:{nameof(PolicyOptions.Path)}"] = child.Path;
            if (named is not null && !IsNumber(child.Key))
                _right.TryAdd($"{inner}:{named.Name}", child.Key.ToLowerInvariant());
        }
    }

    /// <summary>Puts what is right into an object.</summary>
    public void BindTo(object options) => new ConfigurationBuilder().AddInMemoryCollection(_right).Build().Bind(options, binder =>
    {
        binder.BindNonPublicProperties = true; // the path of an entry
        binder.ErrorOnUnknownConfiguration = true;
    });

    /// <summary>Whether an entry of a list stands under a number and not under a name.</summary>
    public static bool IsNumber(string key) => key.All(char.IsAsciiDigit);

    private void ReadTexts(IConfigurationSection section, string target)
    {
        if (!string.IsNullOrEmpty(section.Value))
            errors.Add(new InvalidValue(section.Path, Shown(section.Value), $"must be a list: {section.Key}:0, {section.Key}:1 and so on"));
        foreach (var child in section.GetChildren())
        {
            if (string.IsNullOrEmpty(child.Value))
                errors.Add(new InvalidValue(child.Path, "not set", "must have a value"));
            else
                _right[$"{target}:{child.Key}"] = child.Value;
        }
    }

    private void ReadValue(IConfigurationSection section, ISettingRule rule, string target, bool mayBeEmpty)
    {
        if (section.GetChildren().Any())
            errors.Add(new InvalidValue(section.Path, "a section", rule.RuleFor(string.Empty)));
        else if (section.Value is not { } text || (text.Length == 0 && !mayBeEmpty))
            return;
        else if (rule.Read(text) is { } right)
            _right[target] = right;
        else
            errors.Add(new InvalidValue(section.Path, Shown(text), rule.RuleFor(text)));
    }
}
