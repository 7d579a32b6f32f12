using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Policies;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Turns options into policies with a spec for every tier, complaining about all that is wrong. Used by one thread at start.
/// </summary>
internal static class PolicyCompiler
{
    private const long LeastLeasedLimit = 100;

    /// <summary>Compiles every policy; those with errors are left out.</summary>
    public static PolicyCatalog CompileAll(LimiterOptions options, TenantDirectory tenants, SettingErrors errors)
    {
        var policies = new List<Policy>();
        foreach (var (name, policy) in InLowerCase(options.Policies))
        {
            var setting = policy.Path ?? $"{LimiterOptions.Section}:Policies:{name}";
            CheckNames(setting, policy, options, tenants, errors);
            var specs = Compile(setting, policy, options, errors);
            if (!KeyScope.TryCheckName("policy", name, out var error))
                errors.Add(setting, error.Value, error.Rule);
            else if (specs is not null)
                policies.Add(new Policy(name, policy, specs));
        }

        return new PolicyCatalog(policies);
    }

    private static IOrderedEnumerable<(string Name, T Value)> InLowerCase<T>(IDictionary<string, T> table) =>
        table.Select(pair => (pair.Key.ToLowerInvariant(), pair.Value)).OrderBy(pair => pair.Item1, StringComparer.Ordinal);

    private static void CheckNames(
        string setting, PolicyOptions policy, LimiterOptions options, TenantDirectory tenants, SettingErrors errors)
    {
        for (var i = 0; i < policy.Tiers.Count; i++)
            LimiterRules.CheckTierName($"{setting}:Tiers:{i}", policy.Tiers[i], options, errors);
        for (var i = 0; i < policy.Tenants.Count; i++)
        {
            var name = policy.Tenants[i];
            if (name != Tenant.PublicName && tenants.All.All(tenant => tenant.Name != name))
                errors.Add($"{setting}:Tenants:{i}", SettingsText.Shown(name), "must be a configured tenant, or public");
        }

        if (!Enum.IsDefined(policy.OnUnavailable))
            errors.Add($"{setting}:OnUnavailable", policy.OnUnavailable.ToString(), "must be one of local, allow, deny");
    }

    private static Dictionary<string, LimitSpec>? Compile(
        string setting, PolicyOptions policy, LimiterOptions options, SettingErrors errors)
    {
        if (policy.Algorithm is not { } algorithm || !Enum.IsDefined(algorithm))
        {
            errors.Add($"{setting}:Algorithm", policy.Algorithm?.ToString() ?? "not set", $"must be one of {AlgorithmNames.All}");
            algorithm = default;
        }

        var entries = EntriesOf(setting, policy, errors);
        var bandwidths = new List<Bandwidth>();
        foreach (var entry in entries)
        {
            if (entry.TryRead(errors, out var bandwidth))
                bandwidths.Add(bandwidth);
        }

        if (bandwidths.Count != entries.Count || policy.Algorithm != algorithm)
            return null;
        if (policy.Lease)
            CheckLease(setting, algorithm, bandwidths, errors);

        var specs = new Dictionary<string, LimitSpec>(StringComparer.Ordinal);
        if (TryCompile(setting, algorithm, entries, bandwidths, tier: null, errors) is not { } configured)
            return null;
        foreach (var (name, tier) in InLowerCase(options.Tiers))
        {
            if (tier.Multiplier <= 1 || !policy.ScaledByTier)
                specs[name] = configured;
            else if (TierScaling.TryScale(algorithm, entries, bandwidths, name, tier.Multiplier, errors, out var scaled)
                && TryCompile(setting, algorithm, entries, scaled, name, errors) is { } spec)
                specs[name] = spec;
        }

        return specs.Count == options.Tiers.Count ? specs : null;
    }

    /// <summary>What is out is not there for others: of few permits that would be too many.</summary>
    private static void CheckLease(string setting, Algorithm algorithm, List<Bandwidth> bandwidths, SettingErrors errors)
    {
        if (algorithm is not (Algorithm.TokenBucket or Algorithm.Gcra))
        {
            errors.Add($"{setting}:Lease", $"true ({AlgorithmNames.NameOf(algorithm)})",
                "must be false but for tokenBucket and gcra, which alone can give permits out in advance");
        }
        else if (bandwidths.Min(bandwidth => bandwidth.Limit) is var least and < LeastLeasedLimit)
        {
            errors.Add($"{setting}:Lease", string.Create(CultureInfo.InvariantCulture, $"true ({least} permits)"),
                string.Create(CultureInfo.InvariantCulture, $"must be false for fewer than {LeastLeasedLimit} permits per window"));
        }
    }

    private static List<BandwidthEntry> EntriesOf(string setting, PolicyOptions policy, SettingErrors errors)
    {
        if (policy.Bandwidths.Count == 0)
            return [new BandwidthEntry(setting, policy.Limit, policy.Window, policy.Burst)];
        if (policy.Limit is not null || policy.Window is not null || policy.Burst is not null)
            errors.Add($"{setting}:Bandwidths", "set beside Limit, Window or Burst",
                "must stand alone: a policy has Limit and Window, or Bandwidths");
        return [.. policy.Bandwidths.Select(
            (bandwidth, i) =>
            new BandwidthEntry(bandwidth.Path ?? $"{setting}:Bandwidths:{i}", bandwidth.Limit, bandwidth.Window, bandwidth.Burst))];
    }

    private static LimitSpec? TryCompile(
        string setting, Algorithm algorithm, List<BandwidthEntry> entries, List<Bandwidth> bandwidths, string? tier, SettingErrors errors)
    {
        if (LimitSpec.TryCreate(algorithm, bandwidths, 0, out var spec, out var error))
            return spec;
        if (error.Field == "bandwidths")
        {
            errors.Add($"{setting}:Bandwidths", error.Value, error.Rule);
            return null;
        }

        // Something is wrong with one bandwidth or several: each alone says what.
        for (var i = 0; i < bandwidths.Count; i++)
        {
            if (!LimitSpec.TryCreate(algorithm, [bandwidths[i]], 0, out _, out error))
                entries[i].Complain(error, tier, errors);
        }

        return null;
    }
}
