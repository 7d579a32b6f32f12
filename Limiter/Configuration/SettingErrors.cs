using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Collects what is wrong with the settings, at most one complaint per setting: one that could not be read is not also called
/// missing. Used by one thread at start.
/// </summary>
internal sealed class SettingErrors
{
    private readonly List<InvalidValue> _errors = [];
    private readonly HashSet<string> _complained = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _origins = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Complains about a setting.</summary>
    public void Add(string setting, string value, string rule)
    {
        var name = _origins.GetValueOrDefault(setting, setting);
        if (_complained.Add(name))
            _errors.Add(new InvalidValue(name, value, rule));
    }

    /// <summary>Names the environment variable that a setting's value came from: complaints shall name what the reader can change.</summary>
    public void Originates(string setting, string variable) => _origins[setting] = variable;

    /// <summary>Ends the start if anything is wrong.</summary>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
            throw new LimiterConfigurationException(_errors);
    }
}
