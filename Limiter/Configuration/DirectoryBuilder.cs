using OrleansLimiter.Core.Limits;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Checks who is configured with which key, and builds the directories. Messages never hold a hash. Used by one thread at start.
/// </summary>
internal static class DirectoryBuilder
{
    /// <summary>
    /// The tenants of configuration, and, where they are accepted, the well-known ones whose name and key are still free.
    /// </summary>
    public static TenantDirectory Tenants(LimiterOptions options, WellKnownKeys wellKnown, SettingErrors errors)
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
                errors.Add($"{setting}:Name", "'public'",
                    "must be another name: public is whoever calls without a key (Limiter:PublicTenant)");
            if (name is null || !TryReadKey(setting, entry.KeySha256, wellKnown, errors, out var key))
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

        foreach (var (tenant, key) in wellKnown.AreAccepted ? wellKnown.Tenants : [])
        {
            if (!byName.ContainsKey(tenant.Name) && options.Tiers.ContainsKey(tenant.Tier))
                keys.TryAdd(key, tenant);
        }

        var anybody = options.PublicTenant.Enabled ? new Tenant(Tenant.PublicName, options.PublicTenant.Tier.ToLowerInvariant()) : null;
        return new TenantDirectory(keys, anybody, wellKnown);
    }

    /// <summary>
    /// The operators of configuration, and, where they are accepted, the well-known ones whose name and key are still free.
    /// </summary>
    public static OperatorDirectory Operators(LimiterOptions options, WellKnownKeys wellKnown, SettingErrors errors)
    {
        var keys = new Dictionary<KeyDigest, string>();
        for (var i = 0; i < options.Operators.Count; i++)
        {
            var entry = options.Operators[i];
            var setting = entry.Path ?? $"Operators:{i}";
            var name = NameOf(setting, entry.Name, errors);
            if (name is null || !TryReadKey(setting, entry.KeySha256, wellKnown, errors, out var key))
                continue;
            if (!keys.TryAdd(key, name))
                errors.Add($"{setting}:KeySha256", "(hidden)", "must not stand twice: a key leads to one operator");
            if (options.Tenants.Any(tenant => KeyDigest.TryParse(tenant.KeySha256, out var other) && other == key))
                errors.Add($"{setting}:KeySha256", "(hidden)", "must not be a tenant's key too");
        }

        foreach (var (name, key) in wellKnown.AreAccepted ? wellKnown.Operators : [])
        {
            if (!keys.ContainsValue(name))
                keys.TryAdd(key, name);
        }

        return new OperatorDirectory(keys, wellKnown);
    }

    private static string? NameOf(string setting, string? name, SettingErrors errors)
    {
        if (KeyScope.TryCheckName("Name", name, out var error))
            return name;
        errors.Add($"{setting}:Name", string.IsNullOrEmpty(name) ? "not set" : error.Value, error.Rule);
        return null;
    }

    private static bool TryReadKey(string setting, string? hex, WellKnownKeys wellKnown, SettingErrors errors, out KeyDigest key)
    {
        setting = $"{setting}:KeySha256";
        if (!KeyDigest.TryParse(hex, out key))
        {
            errors.Add(setting, string.IsNullOrEmpty(hex) ? "not set" : "(hidden)", "must be the SHA-256 of a key, 64 hexadecimal digits");
            return false;
        }

        // What a script makes of a variable that is not set.
        if (KeyDigest.TryOf("", out var empty) && key == empty)
        {
            errors.Add(setting, "that of an empty text", "must be the SHA-256 of a key, and no key is empty");
            return false;
        }

        if (wellKnown.AreAccepted || !wellKnown.Contains(key))
            return true;
        errors.Add(setting, "(hidden)",
            "must not be that of a built-in development key, which everybody knows: only Development starts with one");
        return false;
    }
}
