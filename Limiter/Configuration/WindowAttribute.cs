using System.Globalization;

namespace OrleansLimiter.Configuration;

/// <summary>A setting is a policy's window (<see cref="WindowText.TryParse"/>).</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class WindowAttribute : Attribute, ISettingRule
{
    public string? Read(string text) =>
        WindowText.TryParse(text, out var window) ? window.ToString("c", CultureInfo.InvariantCulture) : null;

    public string RuleFor(string text) => WindowText.RuleFor(text, WindowText.Rule);
}
