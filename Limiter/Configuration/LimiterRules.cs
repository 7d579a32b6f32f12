using System.Globalization;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>The rules of what is neither a policy nor a key: numbers and tiers. Code may have set them too, so bounds are checked here again.</summary>
internal static class LimiterRules
{
    /// <summary>Checks them all.</summary>
    public static void Check(LimiterOptions options, SettingErrors errors)
    {
        Bounds("FrontEnds", options.FrontEnds, LimiterOptions.MaxFrontEnds, "", errors);
        Bounds("MaxKeys", options.MaxKeys, LimiterOptions.LargestMaxKeys, "keys", errors);
        if (options.MaxKeysPerTenant is { } perTenant)
        {
            Bounds("MaxKeysPerTenant", perTenant, LimiterOptions.LargestMaxKeys, "keys", errors);
            if (perTenant > options.MaxKeys)
                errors.Add("Limiter:MaxKeysPerTenant", Text(perTenant), string.Create(CultureInfo.InvariantCulture, $"must be at most Limiter:MaxKeys, which is {options.MaxKeys}"));
        }

        if (options.MaxOwnKeys is { } own)
            Bounds("MaxOwnKeys", own, LimiterOptions.LargestMaxKeys, "keys", errors);
        ResilienceRules.Check(options, errors);
        if (!options.Tiers.ContainsKey(Tenant.FreeTier))
            errors.Add($"Limiter:Tiers:{Tenant.FreeTier}", "not there", "must stay: the service's own routes are in it");
        foreach (var (name, tier) in options.Tiers)
            CheckTier(name, tier, errors);
        CheckTierName("Limiter:PublicTenant:Tier", options.PublicTenant.Tier, options, errors);
    }

    /// <summary>Complains about a tier that does not exist.</summary>
    public static void CheckTierName(string setting, string tier, LimiterOptions options, SettingErrors errors)
    {
        if (!options.Tiers.ContainsKey(tier))
            errors.Add(setting, SettingsReader.Shown(tier), $"must be a tier: {string.Join(", ", options.Tiers.Keys.Order(StringComparer.Ordinal))}");
    }

    private static void CheckTier(string name, TierOptions tier, SettingErrors errors)
    {
        var setting = $"Limiter:Tiers:{name}";
        if (!KeyScope.TryCheckName("tier", name, out var error))
            errors.Add(setting, error.Value, error.Rule);
        else if (name == Tenant.FreeTier && tier.Multiplier != 1)
            errors.Add($"{setting}:Multiplier", Text(tier.Multiplier), "must be 1: in the tier free every policy holds as configured");
        else if (tier.Multiplier is < 1 or > TierOptions.MaxMultiplier)
            errors.Add($"{setting}:Multiplier", Text(tier.Multiplier), SettingsReader.WholeRule(1, TierOptions.MaxMultiplier, ""));
    }

    private static void Bounds(string name, long value, long max, string unit, SettingErrors errors)
    {
        if (value < 1 || value > max)
            errors.Add($"{LimiterOptions.Section}:{name}", Text(value), SettingsReader.WholeRule(1, max, unit));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
