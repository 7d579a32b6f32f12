using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Lays configuration over the built-in options. Every unknown name is an error, but for those directly under <c>Limiter</c> that
/// another room is known to read.
/// </summary>
internal static class LimiterOptionsReader
{
    // AspNetCore and the remote engines read these.
    private static readonly string[] OfOtherRooms = ["TrustedProxies", "ForwardedHeader", "LegacyHeaders", "Application"];

    /// <summary>Reads everything.</summary>
    public static void Read(IConfiguration configuration, LimiterOptions options, SettingErrors errors)
    {
        var limiter = new SettingsReader(configuration.GetSection(LimiterOptions.Section), errors);
        limiter.Whole("FrontEnds", 1, LimiterOptions.MaxFrontEnds, "", value => options.FrontEnds = (int)value);
        limiter.Whole("MaxKeys", 1, LimiterOptions.LargestMaxKeys, "keys", value => options.MaxKeys = value);
        limiter.Whole("MaxKeysPerTenant", 1, LimiterOptions.LargestMaxKeys, "keys", value => options.MaxKeysPerTenant = value);
        limiter.Whole("MaxOwnKeys", 1, LimiterOptions.LargestMaxKeys, "keys", value => options.MaxOwnKeys = value);
        ResilienceRules.Read(limiter, configuration, options, errors);
        ReadPublicTenant(configuration, options.PublicTenant, errors);
        foreach (var tier in limiter.Sections("Tiers"))
            ReadTier(tier, options);
        foreach (var policy in limiter.Sections("Policies"))
            ReadPolicy(policy, options);
        limiter.Ignore(["PublicTenant", .. OfOtherRooms]);
        limiter.RejectOthers();
        foreach (var tenant in SettingsReader.SectionsOf(configuration.GetSection("Tenants"), errors))
            options.Tenants.Add(ReadTenant(tenant));
        foreach (var person in SettingsReader.SectionsOf(configuration.GetSection("Operators"), errors))
            options.Operators.Add(ReadOperator(person));
    }

    private static void ReadPublicTenant(IConfiguration configuration, PublicTenantOptions options, SettingErrors errors)
    {
        var reader = new SettingsReader(configuration.GetSection($"{LimiterOptions.Section}:PublicTenant"), errors);
        reader.Flag("Enabled", value => options.Enabled = value);
        reader.Text("Tier", value => options.Tier = value.ToLowerInvariant());
        reader.RejectOthers();
    }

    private static void ReadTier(SettingsReader reader, LimiterOptions options)
    {
        var tier = new TierOptions();
        reader.Whole("Multiplier", 1, TierOptions.MaxMultiplier, "", value => tier.Multiplier = value);
        reader.RejectOthers();
        options.Tiers[reader.Name.ToLowerInvariant()] = tier;
    }

    private static TenantOptions ReadTenant(SettingsReader reader)
    {
        var tenant = new TenantOptions { Path = reader.Path };
        reader.Text("Name", value => tenant.Name = value);
        reader.Text("Tier", value => tenant.Tier = value.ToLowerInvariant());
        reader.Text("KeySha256", value => tenant.KeySha256 = value);
        reader.RejectOthers();
        return tenant;
    }

    private static OperatorOptions ReadOperator(SettingsReader reader)
    {
        var person = new OperatorOptions { Path = reader.Path };
        reader.Text("Name", value => person.Name = value);
        reader.Text("KeySha256", value => person.KeySha256 = value);
        reader.RejectOthers();
        return person;
    }

    private static void ReadPolicy(SettingsReader reader, LimiterOptions options)
    {
        var name = reader.Name.ToLowerInvariant();
        if (!options.Policies.TryGetValue(name, out var policy))
            options.Policies[name] = policy = new PolicyOptions();

        // What is given replaces the built-in form of it: a limit given for a policy with bandwidths must not be added to them.
        if (reader.IsSet("Algorithm") || reader.IsSet("Bandwidths"))
            (policy.Limit, policy.Window, policy.Burst) = (null, null, null);
        if (reader.IsSet("Algorithm") || reader.IsSet("Bandwidths") || reader.IsSet("Limit") || reader.IsSet("Window") || reader.IsSet("Burst"))
            policy.Bandwidths.Clear();

        reader.Word("Algorithm", text => TryReadAlgorithm(text, policy), $"must be one of {AlgorithmNames.All}");
        reader.Whole("Limit", 1, Bandwidth.MaxLimit, "permits", value => policy.Limit = value);
        reader.Window("Window", value => policy.Window = value);
        reader.Whole("Burst", 1, Bandwidth.MaxLimit, "permits", value => policy.Burst = value);
        foreach (var bandwidth in reader.Sections("Bandwidths"))
            policy.Bandwidths.Add(ReadBandwidth(bandwidth));
        reader.Word("OnUnavailable", text => TryReadOnUnavailable(text, policy), "must be one of local, allow, deny");
        reader.Flag("Shadow", value => policy.Shadow = value);
        reader.Flag("Internal", value => policy.Internal = value);
        reader.Names("Tenants", policy.Tenants);
        reader.Names("Tiers", policy.Tiers);
        for (var i = 0; i < policy.Tiers.Count; i++)
            policy.Tiers[i] = policy.Tiers[i].ToLowerInvariant();
        reader.Text("Key", value => policy.Key = value);
        reader.Flag("ScaledByTier", value => policy.ScaledByTier = value);
        reader.RejectOthers();
    }

    private static BandwidthOptions ReadBandwidth(SettingsReader reader)
    {
        var bandwidth = new BandwidthOptions { Path = reader.Path };
        reader.Whole("Limit", 1, Bandwidth.MaxLimit, "permits", value => bandwidth.Limit = value);
        reader.Window("Window", value => bandwidth.Window = value);
        reader.Whole("Burst", 1, Bandwidth.MaxLimit, "permits", value => bandwidth.Burst = value);
        reader.RejectOthers();
        return bandwidth;
    }

    private static bool TryReadAlgorithm(string text, PolicyOptions policy)
    {
        var good = AlgorithmNames.TryParse(text, out var algorithm);
        policy.Algorithm = good ? algorithm : null;
        return good;
    }

    private static bool TryReadOnUnavailable(string text, PolicyOptions policy)
    {
        // By name alone: Enum.TryParse would take "1", and "local,deny" too.
        foreach (var choice in Enum.GetValues<OnUnavailable>())
        {
            if (!text.Equals(choice.ToString(), StringComparison.OrdinalIgnoreCase))
                continue;
            policy.OnUnavailable = choice;
            return true;
        }

        return false;
    }
}
