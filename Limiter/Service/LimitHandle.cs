using OrleansLimiter.Core.Limits;
using OrleansLimiter.Metrics;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.Service;

/// <summary>
/// A tenant under a policy: everything about a request that does not depend on its subject, made once
/// (<see cref="LimitService.HandleFor"/>) and kept. Safe for use by many threads.
/// </summary>
internal sealed class LimitHandle
{
    private LimitSpec _spec;

    internal LimitHandle(Tenant tenant, Policy policy, DecisionTags tags, DecisionTags localTags, DecisionTags leaseTags)
    {
        Tenant = tenant;
        Policy = policy;
        Scope = KeyScope.Of(tenant.Name, policy.Name);
        Tags = tags;
        LocalTags = localTags;
        LeaseTags = leaseTags;
        _spec = policy.SpecFor(tenant.Tier);
    }

    public Tenant Tenant { get; }

    public Policy Policy { get; }

    /// <summary>The first two parts of every key: make keys with <see cref="SubjectKey.TryCreate"/> on this object.</summary>
    public KeyScope Scope { get; }

    /// <summary>The rules: the policy's for the tenant's tier, or a newer spec that the engine was found to have.</summary>
    public LimitSpec Spec => Volatile.Read(ref _spec);

    /// <summary>What metrics say about decisions of this handle that the engine made.</summary>
    internal DecisionTags Tags { get; }

    /// <summary>What metrics say about decisions of this handle that were made in the engine's place.</summary>
    internal DecisionTags LocalTags { get; }

    /// <summary>What metrics say about decisions of this handle that were made with permits which the engine gave in advance.</summary>
    internal DecisionTags LeaseTags { get; }

    /// <summary>
    /// Takes over a spec of a higher revision. Of two contents of one revision neither is newer: this front end's own stays.
    /// </summary>
    internal void Adopt(LimitSpec spec)
    {
        var current = Spec;
        while (spec.Version.IsNewerThan(current.Version))
        {
            var found = Interlocked.CompareExchange(ref _spec, spec, current);
            if (ReferenceEquals(found, current))
                return;
            current = found;
        }
    }
}
