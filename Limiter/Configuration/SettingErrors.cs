using System.Collections.ObjectModel;
using Microsoft.Extensions.Options;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Collects what is wrong with the settings, at most one complaint per setting: one that could not be read is not also called
/// missing. Used by one thread at start.
/// </summary>
internal sealed class SettingErrors : Collection<InvalidValue>
{
    private readonly HashSet<string> _complained = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _origins = new(StringComparer.OrdinalIgnoreCase);

    public void Add(string setting, string value, string rule) => Add(new InvalidValue(setting, value, rule));

    /// <summary>Complains about every value of an object that is beyond the bounds of its setting: code may have set it.</summary>
    public void AddBreaches(object options, string path)
    {
        foreach (var setting in SettingShape.Of(options.GetType()))
        {
            if (setting.Bounds is { } bounds && setting.ValueIn(options) is { } value && bounds.Breach(value) is { } shown)
                Add($"{path}:{setting.Name}", shown, bounds.RuleFor(string.Empty));
        }
    }

    /// <summary>
    /// Names the environment variable that a setting's value came from: complaints shall name what the reader can change.
    /// </summary>
    public void Originates(string setting, string variable) => _origins[setting] = variable;

    public ValidateOptionsResult ToResult() =>
        Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(this.Select(error => error.ToString()));

    protected override void InsertItem(int index, InvalidValue item)
    {
        var name = _origins.GetValueOrDefault(item.Field, item.Field);
        if (_complained.Add(name))
            base.InsertItem(index, item with { Field = name });
    }
}
