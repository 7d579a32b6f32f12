using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Fills the options from the service's own limits and then from configuration, and after code has had its say from the environment
/// variables of limits; and validates them. What could not be read is kept in <see cref="LimiterOptions.Errors"/>, so that it is told
/// with the rest.
/// </summary>
/// <param name="configuration">Sections <c>Limiter</c>, <c>Tenants</c>, <c>Operators</c> and the variables.</param>
/// <param name="isDevelopment">Whether this is Development; the keys of the development defaults are refused otherwise.</param>
/// <param name="isService">Whether there are the limits of the service (<see cref="ServiceLimits"/>); an app starts from nothing.</param>
internal sealed class LimiterSetup(IConfiguration configuration, bool isDevelopment, bool isService)
    : IConfigureOptions<LimiterOptions>, IPostConfigureOptions<LimiterOptions>, IValidateOptions<LimiterOptions>
{
    private readonly bool _hasDefaults = isService && isDevelopment;

    /// <inheritdoc />
    public void Configure(LimiterOptions options)
    {
        if (isService)
            OwnPolicies.AddTo(options);
        if (_hasDefaults)
            DevelopmentDefaults.AddTo(options);
        ListLayers.Check(configuration, options.Errors);
        var text = new SettingsText(options.Errors);
        text.ReadSection(configuration.GetSection(LimiterOptions.Section), typeof(LimiterOptions));
        text.ReadEntries(configuration.GetSection(nameof(options.Tenants)), typeof(TenantOptions), nameof(options.Tenants));
        text.ReadEntries(configuration.GetSection(nameof(options.Operators)), typeof(OperatorOptions), nameof(options.Operators));
        foreach (var section in configuration.GetSection($"{LimiterOptions.Section}:{nameof(options.Policies)}").GetChildren())
        {
            if (options.Policies.TryGetValue(section.Key, out var builtIn))
                DropReplaced(builtIn, section);
        }

        text.BindTo(options);
    }

    /// <inheritdoc />
    public void PostConfigure(string? name, LimiterOptions options)
    {
        if (isService && name == Options.DefaultName)
            LimitVariables.Apply(configuration, options, options.Errors);
    }

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, LimiterOptions options)
    {
        if (name != Options.DefaultName)
            return ValidateOptionsResult.Skip;
        LimiterSettings.TryCompile(options, isDevelopment, _hasDefaults, options.Errors);
        return options.Errors.ToResult();
    }

    /// <summary>The settings that valid options make.</summary>
    public LimiterSettings Compile(LimiterOptions options) =>
        LimiterSettings.TryCompile(options, isDevelopment, _hasDefaults, new SettingErrors())
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
