using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore;

/// <summary>Policies in code that say by a function who is counted.</summary>
public static class KeyFunctionExtensions
{
    /// <summary>
    /// Says who is counted where an endpoint requires the policy, in the place of a key recipe: of this and
    /// <see cref="LimitPolicyBuilder.By(string)"/> the last one holds. Requests for which the function is null or empty share one count.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="key">The subject of a request; it is called before the body is read.</param>
    /// <returns><paramref name="policy"/>.</returns>
    public static LimitPolicyBuilder By(this LimitPolicyBuilder policy, Func<HttpContext, string?> key)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(key);
        return policy.ByFunction(key);
    }
}
