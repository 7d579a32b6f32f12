namespace OrleansLimiter.Core.Quotas;

/// <summary>How many bytes of keys there may be at once.</summary>
/// <param name="Callers">Of all callers' tenants together.</param>
/// <param name="PerTenant">Of one of them.</param>
/// <param name="Own">Of the service's own tenant, beside those.</param>
/// <param name="OwnPolicies">How many policies count under the service's own tenant: half of <paramref name="Own"/> is divided among them.
/// At least 1.</param>
internal sealed record QuotaSizes(long Callers, long PerTenant, long Own, int OwnPolicies)
{
    /// <summary>The most keys that any quota may be of: so many that their bytes are still a number.</summary>
    public const long MostKeys = 1_000_000_000_000;

    private const long LeastOwnKeys = 1_000;
    private const long TenantsShare = 4;

    /// <summary>The sizes of so many plain keys.</summary>
    /// <param name="plainBytes">What a plain key takes.</param>
    /// <param name="max">Of all callers' tenants together. 1 to <see cref="MostKeys"/>.</param>
    /// <param name="perTenant">Of one of them; null: <see cref="DefaultPerTenant"/>.</param>
    /// <param name="own">Of the service's own tenant; null: <see cref="DefaultOwn"/>.</param>
    /// <param name="ownPolicies">How many policies count under the service's own tenant.</param>
    /// <returns>The sizes in bytes.</returns>
    public static QuotaSizes OfKeys(int plainBytes, long max, long? perTenant, long? own, int ownPolicies) =>
        new(max * plainBytes, (perTenant ?? DefaultPerTenant(max)) * plainBytes, (own ?? DefaultOwn(max)) * plainBytes, ownPolicies);

    /// <summary>The keys of one tenant where nothing is said: a quarter of all, at least 1.</summary>
    /// <param name="max">The keys of all callers' tenants.</param>
    /// <returns>How many.</returns>
    public static long DefaultPerTenant(long max) => Math.Max(1, max / TenantsShare);

    /// <summary>The keys of the service's own tenant where nothing is said: half as many as all callers', at least 1,000.</summary>
    /// <param name="max">The keys of all callers' tenants; twice that where nobody calls.</param>
    /// <returns>How many.</returns>
    public static long DefaultOwn(long max) => Math.Max(LeastOwnKeys, max / 2);

    /// <summary>How many bytes are reserved for each of the service's own policies.</summary>
    public long OwnPerPolicy => Own / 2 / OwnPolicies;

    /// <summary>How many bytes any of the service's own policies may have beside its reserved ones.</summary>
    public long OwnCommon => Own - OwnPerPolicy * OwnPolicies;
}
