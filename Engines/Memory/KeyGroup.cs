using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// What the keys of one tenant under one spec of one policy have in common: held once instead of by every key. Immutable.
/// </summary>
/// <param name="scope">Tenant and policy.</param>
/// <param name="spec">The spec that the keys' states are under.</param>
/// <param name="quota">The bytes that they count in.</param>
internal sealed class KeyGroup(KeyScope scope, LimitSpec spec, KeyQuota quota)
{
    public KeyScope Scope { get; } = scope;

    /// <summary>The spec that the keys' states are under.</summary>
    public LimitSpec Spec { get; } = spec;

    /// <summary>The bytes that the keys count in.</summary>
    public KeyQuota Quota { get; } = quota;
}
