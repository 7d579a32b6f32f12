using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Memory;

/// <summary>What the keys of one tenant under one spec of one policy have in common: held once instead of by every key. Immutable.</summary>
/// <param name="scope">Tenant and policy.</param>
/// <param name="spec">The spec that the keys' states are under.</param>
/// <param name="tenant">The tenant's share of the table.</param>
internal sealed class Lane(KeyScope scope, LimitSpec spec, KeyQuota tenant)
{
    /// <summary>Tenant and policy.</summary>
    public KeyScope Scope { get; } = scope;

    /// <summary>The spec that the keys' states are under.</summary>
    public LimitSpec Spec { get; } = spec;

    /// <summary>The tenant's share of the table.</summary>
    public KeyQuota Tenant { get; } = tenant;
}
