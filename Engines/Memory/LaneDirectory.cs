using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The lanes in use, one per (tenant, policy, spec). Asked only when a key is new or its policy changed. A spec that nobody
/// uses any more takes its lanes with it. Safe for many threads.
/// </summary>
/// <param name="quotas">How many bytes whose keys may take.</param>
internal sealed class LaneDirectory(TenantQuotas quotas)
{
    private readonly ConditionalWeakTable<LimitSpec, ConcurrentDictionary<KeyScope, Lane>> _lanes = [];

    /// <summary>The lane of a tenant's policy under a spec.</summary>
    public Lane For(KeyScope scope, LimitSpec spec)
    {
        var lanes = _lanes.GetValue(spec, static _ => new ConcurrentDictionary<KeyScope, Lane>());
        return lanes.TryGetValue(scope, out var lane)
            ? lane
            : lanes.GetOrAdd(scope, new Lane(scope, spec, quotas.For(scope)));
    }
}
