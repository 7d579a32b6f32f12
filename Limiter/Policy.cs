using System.Collections.Frozen;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Tenants;

namespace OrleansLimiter;

/// <summary>One policy, checked and compiled for every tier. Immutable.</summary>
public sealed class Policy
{
    private readonly FrozenDictionary<string, LimitSpec> _specs;
    private readonly FrozenSet<string> _tenants;
    private readonly FrozenSet<string> _tiers;

    internal Policy(string name, PolicyOptions options, IReadOnlyDictionary<string, LimitSpec> specs)
    {
        Name = name;
        OnUnavailable = options.OnUnavailable;
        IsShadow = options.Shadow;
        IsLeased = options.Lease;
        IsInternal = options.Internal;
        KeyRecipe = options.Key;
        KeyFunction = options.KeyFunction;
        _specs = specs.ToFrozenDictionary(StringComparer.Ordinal);
        _tenants = options.Tenants.ToFrozenSet(StringComparer.Ordinal);
        _tiers = options.Tiers.Select(tier => tier.ToLowerInvariant()).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Its name: 1 to 64 characters of a-z, 0-9 and -.</summary>
    public string Name { get; }

    /// <summary>How it counts.</summary>
    public Algorithm Algorithm => _specs[Tenant.FreeTier].Algorithm;

    /// <summary>What happens to requests when the engine cannot decide.</summary>
    public OnUnavailable OnUnavailable { get; }

    /// <summary>Whether it only counts and measures, and never refuses.</summary>
    public bool IsShadow { get; }

    /// <summary>Whether a front end may take permits of a key in advance.</summary>
    internal bool IsLeased { get; }

    /// <summary>Whether only the service's own routes may use it.</summary>
    public bool IsInternal { get; }

    /// <summary>How an endpoint forms the subject, as configured; null for none.</summary>
    public string? KeyRecipe { get; }

    /// <summary>How an endpoint forms the subject, if code says so by a function of the room that serves requests.</summary>
    internal Delegate? KeyFunction { get; }

    /// <summary>The version of its spec as configured, that of the tier <c>free</c>.</summary>
    public SpecVersion Version => _specs[Tenant.FreeTier].Version;

    /// <summary>The rules that hold for a tier.</summary>
    /// <param name="tier">A tier of the same settings.</param>
    /// <returns>The spec, the same object at every call.</returns>
    /// <exception cref="KeyNotFoundException">There is no such tier.</exception>
    public LimitSpec SpecFor(string tier) => _specs[tier];

    /// <summary>Whether a tenant may call it: by name and by tier. The service's own routes always may.</summary>
    /// <param name="tenant">Who calls.</param>
    /// <returns>Whether it is open to that tenant. <see cref="IsInternal"/> is another question.</returns>
    internal bool IsOpenTo(Tenant tenant)
    {
        ArgumentNullException.ThrowIfNull(tenant);
        return tenant.IsOwn
            || ((_tenants.Count == 0 || _tenants.Contains(tenant.Name)) && (_tiers.Count == 0 || _tiers.Contains(tenant.Tier)));
    }
}
