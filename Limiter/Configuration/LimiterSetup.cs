using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Fills the options with the policies that the program brings along and then from configuration, and validates them after code has had
/// its say. What could not be read is kept in <see cref="LimiterOptions.Errors"/>, so that it is told with the rest.
/// </summary>
/// <param name="configuration">Sections <c>Limiter</c>, <c>Tenants</c> and <c>Operators</c>.</param>
/// <param name="builtIn">The policies that the program brings along.</param>
/// <param name="wellKnown">The keys that it brings along.</param>
internal sealed class LimiterSetup(IConfiguration configuration, IEnumerable<IBuiltInPolicies> builtIn, WellKnownKeys wellKnown)
    : IConfigureOptions<LimiterOptions>, IValidateOptions<LimiterOptions>
{
    public void Configure(LimiterOptions options)
    {
        foreach (var policies in builtIn)
            policies.AddTo(options);
        ListLayers.Check(configuration, options.Errors);
        var text = new SettingsText(options.Errors);
        text.ReadSection(configuration.GetSection(LimiterOptions.Section), typeof(LimiterOptions));
        text.ReadEntries(configuration.GetSection(nameof(options.Tenants)), typeof(TenantOptions), nameof(options.Tenants));
        text.ReadEntries(configuration.GetSection(nameof(options.Operators)), typeof(OperatorOptions), nameof(options.Operators));
        foreach (var section in configuration.GetSection($"{LimiterOptions.Section}:{nameof(options.Policies)}").GetChildren())
        {
            if (options.Policies.TryGetValue(section.Key, out var policy))
                DropReplaced(policy, section);
        }

        text.BindTo(options);
    }

    public ValidateOptionsResult Validate(string? name, LimiterOptions options)
    {
        if (name != Options.DefaultName)
            return ValidateOptionsResult.Skip;
        LimiterSettings.TryCompile(options, wellKnown, options.Errors);
        return options.Errors.ToResult();
    }

    /// <summary>The settings that valid options make.</summary>
    public LimiterSettings Compile(LimiterOptions options) =>
        LimiterSettings.TryCompile(options, wellKnown, new SettingErrors())
        ?? throw new InvalidOperationException("These options were not validated.");

    /// <summary>
    /// What is given replaces the built-in form of it: a limit given for a policy with bandwidths must not be added to them.
    /// </summary>
    private static void DropReplaced(PolicyOptions builtIn, IConfigurationSection section)
    {
        var isAnew = IsSet(nameof(builtIn.Algorithm)) || IsSet(nameof(builtIn.Bandwidths));
        if (isAnew)
            (builtIn.Limit, builtIn.Window, builtIn.Burst) = (null, null, null);
        if (isAnew || IsSet(nameof(builtIn.Limit)) || IsSet(nameof(builtIn.Window)) || IsSet(nameof(builtIn.Burst)))
            builtIn.Bandwidths.Clear();

        bool IsSet(string name)
        {
            var child = section.GetSection(name);
            return !string.IsNullOrEmpty(child.Value) || child.GetChildren().Any();
        }
    }
}
