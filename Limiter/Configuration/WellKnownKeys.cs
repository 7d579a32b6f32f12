using OrleansLimiter.Tenants;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Keys that everybody knows, for trying a program. Where they are accepted, each leads to its tenant or operator unless configuration
/// has given the name or the key to another; elsewhere nothing starts with one of them configured. They may be shorter than other keys.
/// </summary>
/// <param name="AreAccepted">Whether they are accepted, as in Development.</param>
/// <param name="Tenants">The tenants and their keys.</param>
/// <param name="Operators">The operators and their keys.</param>
internal sealed record WellKnownKeys(
    bool AreAccepted, IReadOnlyList<(Tenant Tenant, KeyDigest Key)> Tenants, IReadOnlyList<(string Name, KeyDigest Key)> Operators)
{
    /// <summary>Those of a program that has none.</summary>
    public static WellKnownKeys None { get; } = new(false, [], []);

    /// <summary>Whether a key is one of them, accepted or not.</summary>
    public bool Contains(KeyDigest key)
    {
        for (var i = 0; i < Tenants.Count; i++)
        {
            if (Tenants[i].Key == key)
                return true;
        }

        for (var i = 0; i < Operators.Count; i++)
        {
            if (Operators[i].Key == key)
                return true;
        }

        return false;
    }
}
