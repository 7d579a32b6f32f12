using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Tenants;

/// <summary>Who calls: a name that keys are counted under, and a tier. One object per tenant; compared by reference.</summary>
internal sealed class Tenant
{
    /// <summary>The tier in which policies hold as configured.</summary>
    public const string FreeTier = "free";

    /// <summary>The name of the tenant that stands for callers without an API key.</summary>
    public const string PublicName = "public";

    internal Tenant(string name, string tier)
    {
        Name = name;
        Tier = tier;
    }

    /// <summary>
    /// The tenant of the service's own routes, <see cref="KeyScope.OwnTenant"/>, in the tier <c>free</c>. No API key leads to it.
    /// </summary>
    public static Tenant Own { get; } = new(KeyScope.OwnTenant, FreeTier);

    /// <summary>Its name: 1 to 64 characters of a-z, 0-9 and -, or <see cref="KeyScope.OwnTenant"/>.</summary>
    public string Name { get; }

    public string Tier { get; }

    /// <summary>Whether this is the tenant of the service's own routes.</summary>
    public bool IsOwn => ReferenceEquals(this, Own);

    /// <summary>Whether this is the tenant of callers without an API key.</summary>
    public bool IsPublic => Name == PublicName;
}
