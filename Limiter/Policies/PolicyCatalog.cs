using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Policies;

/// <summary>All policies there are. Immutable; safe for use by many threads.</summary>
internal sealed class PolicyCatalog
{
    private readonly FrozenDictionary<string, Policy> _byName;

    internal PolicyCatalog(IEnumerable<Policy> policies)
    {
        All = [.. policies.OrderBy(policy => policy.Name, StringComparer.Ordinal)];
        _byName = All.ToFrozenDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyList<Policy> All { get; }

    /// <summary>Finds a policy.</summary>
    /// <param name="name">Its name; upper case does not matter, as in configuration.</param>
    /// <param name="policy">The policy, if there is one.</param>
    /// <returns>Whether there is one of that name.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out Policy? policy) => _byName.TryGetValue(name, out policy);
}
