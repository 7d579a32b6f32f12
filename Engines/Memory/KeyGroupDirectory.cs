using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The groups in use, one per (tenant, policy, spec). Asked only when a key is new or its policy changed. A spec that nobody
/// uses any more takes its groups with it. Safe for many threads.
/// </summary>
/// <param name="quotas">How many bytes whose keys may take.</param>
internal sealed class KeyGroupDirectory(TenantQuotas quotas)
{
    private readonly ConditionalWeakTable<LimitSpec, ConcurrentDictionary<KeyScope, KeyGroup>> _groups = [];

    /// <summary>The group of a tenant's policy under a spec.</summary>
    public KeyGroup For(KeyScope scope, LimitSpec spec)
    {
        var groups = _groups.GetValue(spec, static _ => new ConcurrentDictionary<KeyScope, KeyGroup>());
        return groups.TryGetValue(scope, out var group)
            ? group
            : groups.GetOrAdd(scope, new KeyGroup(scope, spec, quotas.For(scope)));
    }
}
