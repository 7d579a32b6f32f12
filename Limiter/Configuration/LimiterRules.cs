using System.Globalization;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Configuration;

/// <summary>
/// The rules of what is neither a policy nor a key: numbers and tiers. Code may have set them too, so bounds are checked here again.
/// </summary>
internal static class LimiterRules
{
    private const string Section = LimiterOptions.Section;

    public static void Check(LimiterOptions options, SettingErrors errors)
    {
        errors.AddBreaches(options, Section);
        errors.AddBreaches(options.Breaker, $"{Section}:Breaker");
        if (options.MaxKeysPerTenant is { } perTenant && perTenant > options.MaxKeys)
        {
            errors.Add(
                $"{Section}:MaxKeysPerTenant", Text(perTenant), $"must be at most {Section}:MaxKeys, which is {Text(options.MaxKeys)}");
        }

        // A call from before the pause that came back during a probe would be taken for the probe's result.
        if (options.Breaker.Pause < options.Deadline)
        {
            errors.Add(
                $"{Section}:Breaker:Pause",
                DurationAttribute.Text(options.Breaker.Pause),
                $"must be at least {Section}:Deadline, which is {DurationAttribute.Text(options.Deadline)}");
        }

        if (options.Application is { } application && !ApplicationName.IsValid(application))
            errors.Add($"{Section}:Application", SettingsText.Shown(application), ApplicationName.Rule);
        if (!options.Tiers.ContainsKey(Tenant.FreeTier))
            errors.Add($"{Section}:Tiers:{Tenant.FreeTier}", "not there", "must stay: the service's own routes are in it");
        foreach (var (name, tier) in options.Tiers)
            CheckTier(name.ToLowerInvariant(), tier, errors);
        CheckTierName($"{Section}:PublicTenant:Tier", options.PublicTenant.Tier, options, errors);
    }

    /// <summary>Complains about a tier that does not exist.</summary>
    public static void CheckTierName(string setting, string tier, LimiterOptions options, SettingErrors errors)
    {
        if (options.Tiers.ContainsKey(tier))
            return;
        var tiers = options.Tiers.Keys.Select(name => name.ToLowerInvariant()).Order(StringComparer.Ordinal);
        errors.Add(setting, SettingsText.Shown(tier), $"must be a tier: {string.Join(", ", tiers)}");
    }

    private static void CheckTier(string name, TierOptions tier, SettingErrors errors)
    {
        var setting = tier.Path ?? $"{Section}:Tiers:{name}";
        if (!KeyScope.TryCheckName("tier", name, out var error))
            errors.Add(setting, error.Value, error.Rule);
        else if (name == Tenant.FreeTier && tier.Multiplier != 1)
            errors.Add($"{setting}:Multiplier", Text(tier.Multiplier), "must be 1: in the tier free every policy holds as configured");
        else
            errors.AddBreaches(tier, setting);
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
