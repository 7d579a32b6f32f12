using System.Globalization;

namespace OrleansLimiter.Core.Quotas;

/// <summary>
/// Of which numbers of keys quotas can be made (<see cref="QuotaSizes.OfKeys"/>), under the names that an engine's options give them.
/// </summary>
internal static class KeyBounds
{
    /// <summary>Refuses numbers out of bounds.</summary>
    /// <param name="max">The keys of all callers' tenants.</param>
    /// <param name="perTenant">Of one of them; null: the default.</param>
    /// <param name="own">Of the service's own tenant; null: the default.</param>
    /// <param name="ownPolicies">How many policies count under the service's own tenant.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of bounds; the message names it.</exception>
    public static void Require(
        (string Name, long Keys) max,
        (string Name, long? Keys) perTenant,
        (string Name, long? Keys) own,
        (string Name, int Count) ownPolicies)
    {
        Require(max.Name, max.Keys);
        if (perTenant.Keys is { } keys && (keys < 1 || keys > max.Keys))
            throw new ArgumentOutOfRangeException(perTenant.Name, Text(keys), $"{perTenant.Name} must be from 1 to {max.Name}.");
        Require(own.Name, own.Keys ?? 1);
        if (ownPolicies.Count < 1)
            throw new ArgumentOutOfRangeException(ownPolicies.Name, Text(ownPolicies.Count), $"{ownPolicies.Name} must be at least 1.");
    }

    private static void Require(string name, long keys)
    {
        if (keys < 1)
            throw new ArgumentOutOfRangeException(name, Text(keys), $"{name} must be at least 1.");
        if (keys > QuotaSizes.MostKeys)
            throw new ArgumentOutOfRangeException(
                name, Text(keys), string.Create(CultureInfo.InvariantCulture, $"{name} must be at most {QuotaSizes.MostKeys:N0}."));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
