using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>Checks who is configured with which key, and builds the directories. Messages never hold a hash. Used by one thread at start.</summary>
internal static class DirectoryBuilder
{
    /// <summary>The tenants of configuration, and, among the service's development defaults, the built-in ones whose name and key are still free.</summary>
    public static TenantDirectory Tenants(LimiterOptions options, bool isDevelopment, bool hasDefaults, SettingErrors errors)
    {
        var keys = new Dictionary<KeyDigest, Tenant>();
        var byName = new Dictionary<string, Tenant>(StringComparer.Ordinal);
        for (var i = 0; i < options.Tenants.Count; i++)
        {
            var entry = options.Tenants[i];
            var setting = entry.Path ?? $"Tenants:{i}";
            LimiterRules.CheckTierName($"{setting}:Tier", entry.Tier, options, errors);
            var tier = entry.Tier.ToLowerInvariant();
            var name = NameOf(setting, entry.Name, errors);
            if (name == Tenant.PublicName)
                errors.Add($"{setting}:Name", "'public'", "must be another name: public is whoever calls without a key (Limiter:PublicTenant)");
            if (name is null || !TryReadKey(setting, entry.KeySha256, isDevelopment, errors, out var key))
                continue;

            if (!byName.TryGetValue(name, out var tenant))
                byName[name] = tenant = new Tenant(name, tier);
            else if (tenant.Tier != tier)
            {
                errors.Add(
                    $"{setting}:Tier",
                    SettingsText.Shown(entry.Tier),
                    $"must be {tenant.Tier}, as where tenant {name} stands first: a tenant has one tier");
            }

            if (!keys.TryAdd(key, tenant))
                errors.Add($"{setting}:KeySha256", "(hidden)", "must not stand twice: a key leads to one tenant");
        }

        foreach (var (tenant, key) in hasDefaults ? DevelopmentDefaults.Tenants : [])
        {
            if (!byName.ContainsKey(tenant.Name) && options.Tiers.ContainsKey(tenant.Tier))
                keys.TryAdd(key, tenant);
        }

        var anybody = options.PublicTenant.Enabled ? new Tenant(Tenant.PublicName, options.PublicTenant.Tier.ToLowerInvariant()) : null;
        return new TenantDirectory(keys, anybody);
    }

    /// <summary>The operators of configuration, and, among the service's development defaults, the built-in one if its name and key are still free.</summary>
    public static OperatorDirectory Operators(LimiterOptions options, bool isDevelopment, bool hasDefaults, SettingErrors errors)
    {
        var keys = new Dictionary<KeyDigest, string>();
        for (var i = 0; i < options.Operators.Count; i++)
        {
            var entry = options.Operators[i];
            var setting = entry.Path ?? $"Operators:{i}";
            var name = NameOf(setting, entry.Name, errors);
            if (name is null || !TryReadKey(setting, entry.KeySha256, isDevelopment, errors, out var key))
                continue;
            if (!keys.TryAdd(key, name))
                errors.Add($"{setting}:KeySha256", "(hidden)", "must not stand twice: a key leads to one operator");
            if (options.Tenants.Any(tenant => KeyDigest.TryParse(tenant.KeySha256, out var other) && other == key))
                errors.Add($"{setting}:KeySha256", "(hidden)", "must not be a tenant's key too");
        }

        if (hasDefaults && !keys.ContainsValue(DevelopmentDefaults.Operator.Name))
            keys.TryAdd(DevelopmentDefaults.Operator.Key, DevelopmentDefaults.Operator.Name);
        return new OperatorDirectory(keys);
    }

    private static string? NameOf(string setting, string? name, SettingErrors errors)
    {
        if (KeyScope.TryCheckName("Name", name, out var error))
            return name;
        errors.Add($"{setting}:Name", string.IsNullOrEmpty(name) ? "not set" : error.Value, error.Rule);
        return null;
    }

    private static bool TryReadKey(string setting, string? hex, bool isDevelopment, SettingErrors errors, out KeyDigest key)
    {
        setting = $"{setting}:KeySha256";
        if (!KeyDigest.TryParse(hex, out key))
        {
            errors.Add(setting, string.IsNullOrEmpty(hex) ? "not set" : "(hidden)", "must be the SHA-256 of a key, 64 hexadecimal digits");
            return false;
        }

        if (isDevelopment || !DevelopmentDefaults.IsKey(key))
            return true;
        errors.Add(setting, "(hidden)", "must not be that of a built-in development key, which everybody knows: only Development starts with one");
        return false;
    }
}
