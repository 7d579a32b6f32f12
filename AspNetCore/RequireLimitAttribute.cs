using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Requires a limit of a controller, an action, a Razor page's model, a gRPC service or its method, a SignalR hub or the handler of a
/// minimal API, as <see cref="RequireLimitExtensions.RequireLimit{TBuilder}(TBuilder, string, int)"/> does of an endpoint; or of a hub's
/// method, each time that a client invokes it. Several may stand on one: a controller's are asked before its actions', and they stack with
/// those that the endpoint's builder requires. It does nothing in an application that does not call <c>AddOrleansLimiter</c>.
/// </summary>
/// <remarks>
/// A hub's own limits are asked once for each connection. Who is refused by a method gets a
/// <see cref="Microsoft.AspNetCore.SignalR.HubException"/> that says how long to wait. On a handler of a Razor page it ends the start.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true, Inherited = true)]
public sealed class RequireLimitAttribute : Attribute
{
    /// <summary>Requires a limit.</summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <exception cref="ArgumentException"><paramref name="policy"/> is empty.</exception>
    public RequireLimitAttribute(string policy)
    {
        ArgumentException.ThrowIfNullOrEmpty(policy);
        Policy = policy;
    }

    /// <summary>The policy's name.</summary>
    public string Policy { get; }

    /// <summary>How many permits a request takes, 0 to the policy's capacity. Default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int Cost
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 1;

    /// <summary>
    /// Whether it is asked before authentication, as by
    /// <see cref="RequireLimitExtensions.RequireLimitBeforeAuthentication{TBuilder}(TBuilder, string, int)"/>. Default false.
    /// </summary>
    public bool BeforeAuthentication { get; set; }

    /// <summary>What the endpoint requires.</summary>
    internal LimitRequirement ToRequirement() =>
        new(Policy, Cost, BeforeAuthentication ? LimitPoint.BeforeAuthentication : LimitPoint.Endpoint);
}
