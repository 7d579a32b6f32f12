using Microsoft.Extensions.Configuration;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Limiter;

/// <summary>Everything that was configured, checked as a whole. Immutable; made once, at start.</summary>
public sealed class LimiterSettings
{
    private LimiterSettings(LimiterOptions options, bool isDevelopment, PolicyCatalog policies, TenantDirectory tenants, OperatorDirectory operators)
    {
        IsDevelopment = isDevelopment;
        Policies = policies;
        Tenants = tenants;
        Operators = operators;
        FrontEnds = options.FrontEnds;
        MaxKeys = options.MaxKeys;
        Resilience = new ResilienceSettings(options);
        MaxKeysPerTenant = options.MaxKeysPerTenant ?? (tenants.IsSingleTenant ? MaxKeys : QuotaSizes.DefaultPerTenant(MaxKeys));
        MaxOwnKeys = options.MaxOwnKeys ?? QuotaSizes.DefaultOwn(tenants.All.Count == 0 ? 2 * MaxKeys : MaxKeys);
        OwnPolicyCount = Math.Max(1, policies.All.Count(policy => policy.IsInternal || policy.KeyRecipe is not null));
    }

    /// <summary>Whether the service's development defaults are in force.</summary>
    public bool IsDevelopment { get; }

    /// <summary>The policies.</summary>
    public PolicyCatalog Policies { get; }

    /// <summary>The tenants and their keys.</summary>
    public TenantDirectory Tenants { get; }

    /// <summary>The operators and their keys.</summary>
    public OperatorDirectory Operators { get; }

    /// <summary>How many front ends share the limits, at least 1.</summary>
    public int FrontEnds { get; }

    /// <summary>The most keys of all callers' tenants that one process holds.</summary>
    public long MaxKeys { get; }

    /// <summary>The most keys that one tenant may hold, 1 to <see cref="MaxKeys"/>.</summary>
    public long MaxKeysPerTenant { get; }

    /// <summary>The most keys of the service's own limits, beside <see cref="MaxKeys"/>.</summary>
    public long MaxOwnKeys { get; }

    /// <summary>How many policies endpoints may require: those that are internal or have a key recipe. At least 1.</summary>
    public int OwnPolicyCount { get; }

    /// <summary>What a remote engine's calls are held to.</summary>
    public ResilienceSettings Resilience { get; }

    /// <summary>Reads and checks everything.</summary>
    /// <param name="configuration">Sections <c>Limiter</c>, <c>Tenants</c>, <c>Operators</c> and the environment variables of limits.</param>
    /// <param name="isDevelopment">Whether this is the Development environment; the keys of the development defaults are refused otherwise.</param>
    /// <param name="configure">Changes made by code, after configuration; the environment variables come last.</param>
    /// <param name="serviceLimits">Whether to start from the limits of the service (<see cref="ServiceLimits"/>); an application of one's own starts from nothing.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="LimiterConfigurationException">Something is wrong; the message names every error, one a line.</exception>
    public static LimiterSettings Load(IConfiguration configuration, bool isDevelopment, Action<LimiterOptions>? configure = null, bool serviceLimits = false)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var errors = new SettingErrors();
        var options = new LimiterOptions();
        var hasDefaults = serviceLimits && isDevelopment;
        if (serviceLimits)
            OwnPolicies.AddTo(options);
        if (hasDefaults)
            DevelopmentDefaults.AddTo(options);
        ListLayers.Check(configuration, errors);
        LimiterOptionsReader.Read(configuration, options, errors);
        var policyTable = (PolicyTable)options.Policies;
        policyTable.ForgetSpellings();
        configure?.Invoke(options);
        foreach (var (name, other) in policyTable.Clashes)
            errors.Add($"{LimiterOptions.Section}:Policies:{name}", $"set beside '{other}'", "must be set once: upper case does not matter in a policy's name");
        if (serviceLimits)
            LimitVariables.Apply(configuration, options, errors);

        LimiterRules.Check(options, errors);
        var tenants = DirectoryBuilder.Tenants(options, isDevelopment, hasDefaults, errors);
        var operators = DirectoryBuilder.Operators(options, isDevelopment, hasDefaults, errors);
        var policies = PolicyCompiler.CompileAll(options, tenants, errors);
        errors.ThrowIfAny();
        return new LimiterSettings(options, hasDefaults, policies, tenants, operators);
    }
}
