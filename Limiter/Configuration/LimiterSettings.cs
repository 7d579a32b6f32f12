using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Policies;
using OrleansLimiter.Resilience;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Configuration;

/// <summary>Everything that was configured, checked as a whole. Immutable; made once, at start.</summary>
internal sealed class LimiterSettings
{
    private LimiterSettings(
        LimiterOptions options, bool acceptsWellKnownKeys, PolicyCatalog policies, TenantDirectory tenants, OperatorDirectory operators)
    {
        AcceptsWellKnownKeys = acceptsWellKnownKeys;
        Policies = policies;
        Tenants = tenants;
        Operators = operators;
        FrontEnds = options.FrontEnds;
        Application = options.Application;
        MaxKeys = options.MaxKeys;
        Resilience = new ResilienceSettings(options);
        MaxKeysPerTenant = options.MaxKeysPerTenant ?? (tenants.IsSingleTenant ? MaxKeys : QuotaSizes.DefaultPerTenant(MaxKeys));
        MaxOwnKeys = options.MaxOwnKeys ?? QuotaSizes.DefaultOwn(tenants.All.Count == 0 ? 2 * MaxKeys : MaxKeys);
        OwnPolicyCount = Math.Max(
            1, policies.All.Count(policy => policy.IsInternal || policy.KeyRecipe is not null || policy.KeyFunction is not null));
    }

    /// <summary>Whether keys are accepted that everybody knows.</summary>
    public bool AcceptsWellKnownKeys { get; }

    public PolicyCatalog Policies { get; }

    /// <summary>The tenants and their keys.</summary>
    public TenantDirectory Tenants { get; }

    /// <summary>The operators and their keys.</summary>
    public OperatorDirectory Operators { get; }

    /// <summary>How many front ends share the limits, at least 1.</summary>
    public int FrontEnds { get; }

    /// <summary><see cref="LimiterOptions.Application"/>.</summary>
    internal string? Application { get; }

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

    /// <summary>Checks options as a whole.</summary>
    /// <param name="options">The options.</param>
    /// <param name="wellKnown">The keys that the program brings along.</param>
    /// <param name="errors">What is wrong: already what could not be read, then the rest too.</param>
    /// <returns>The settings; null where anything is wrong.</returns>
    internal static LimiterSettings? TryCompile(LimiterOptions options, WellKnownKeys wellKnown, SettingErrors errors)
    {
        LimiterRules.Check(options, errors);
        var tenants = DirectoryBuilder.Tenants(options, wellKnown, errors);
        var operators = DirectoryBuilder.Operators(options, wellKnown, errors);
        var policies = PolicyCompiler.CompileAll(options, tenants, errors);
        return errors.Count == 0 ? new LimiterSettings(options, wellKnown.AreAccepted, policies, tenants, operators) : null;
    }
}
