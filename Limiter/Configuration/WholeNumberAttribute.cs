using System.Globalization;
using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>A setting is a whole number within bounds.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WholeNumberAttribute(long least, long most, string unit = "") : Attribute, IBoundsRule
{
    /// <summary>The rule of such a number, for messages.</summary>
    public static string RuleOf(long least, long most, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least:N0} to {most:N0} {unit}").TrimEnd();

    public string? Read(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && IsWithin(number)
            ? Text(number)
            : null;

    public string RuleFor(string text) => RuleOf(least, most, unit);

    public string? Breach(object value)
    {
        var number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
        return IsWithin(number) ? null : Text(number);
    }

    /// <summary>Reads a variable.</summary>
    /// <returns>The number; null where it is not set, or wrong, which is added to the errors.</returns>
    public long? ReadVariable(IConfiguration configuration, string name, ICollection<InvalidValue> errors)
    {
        var text = configuration[name];
        if (string.IsNullOrWhiteSpace(text))
            return null;
        if (Read(text) is { } number)
            return long.Parse(number, CultureInfo.InvariantCulture);
        errors.Add(new InvalidValue(name, SettingsText.Shown(text), RuleFor(text)));
        return null;
    }

    private bool IsWithin(long number) => number >= least && number <= most;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
