using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Core.Limits;

/// <summary>
/// The first two parts of a composite key, <c>tenant/policy</c>: who asks, and under which policy. Two tenants or two
/// policies never share a counter. Make one per (tenant, policy) and keep it: comparing the same object is a single step.
/// </summary>
public sealed class KeyScope : IEquatable<KeyScope>
{
    /// <summary>The tenant under which the service's own routes count. No API key can name it.</summary>
    public const string OwnTenant = "~app";

    private const int MaxNameLength = 64;
    private readonly int _hash;

    private KeyScope(string tenant, string policy)
    {
        Tenant = tenant;
        Policy = policy;
        _hash = HashCode.Combine(tenant, policy);
    }

    /// <summary>The tenant: <c>[a-z0-9-]{1,64}</c>, or <see cref="OwnTenant"/>.</summary>
    public string Tenant { get; }

    /// <summary>The policy: <c>[a-z0-9-]{1,64}</c>.</summary>
    public string Policy { get; }

    /// <summary>Creates a scope of names that were checked before.</summary>
    /// <param name="tenant">The tenant's name, or <see cref="OwnTenant"/>.</param>
    /// <param name="policy">The policy's name.</param>
    /// <returns>The scope.</returns>
    /// <exception cref="ArgumentException">A name is not <c>[a-z0-9-]{1,64}</c>.</exception>
    public static KeyScope Of(string tenant, string policy)
    {
        if (tenant != OwnTenant && !TryCheckName("tenant", tenant, out var error))
            throw new ArgumentException(error.ToString(), nameof(tenant));
        if (!TryCheckName("policy", policy, out error))
            throw new ArgumentException(error.ToString(), nameof(policy));
        return new KeyScope(tenant, policy);
    }

    /// <summary>Checks the name of a tenant or a policy.</summary>
    /// <param name="field">What to call it in the complaint.</param>
    /// <param name="name">The name.</param>
    /// <param name="error">The rule that was broken, if one was.</param>
    /// <returns>Whether the name is <c>[a-z0-9-]{1,64}</c>.</returns>
    public static bool TryCheckName(string field, string? name, [NotNullWhen(false)] out InvalidValue? error)
    {
        var good = name is { Length: >= 1 and <= MaxNameLength } && name.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-');
        error = good ? null : new InvalidValue(field, $"'{name}'", "must be 1 to 64 characters of a-z, 0-9 and -");
        return good;
    }

    /// <inheritdoc />
    public bool Equals(KeyScope? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && Tenant == other.Tenant && Policy == other.Policy);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as KeyScope);

    /// <inheritdoc />
    public override int GetHashCode() => _hash;

    /// <summary>The scope as it stands in the composite key.</summary>
    /// <returns><c>tenant/policy</c>.</returns>
    public override string ToString() => $"{Tenant}/{Policy}";
}
