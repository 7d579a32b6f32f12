using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>What requires a limit, as messages name it.</summary>
/// <param name="Name">Its name; null where the whole application does.</param>
/// <param name="HasRouteValue">Whether a value of that name is known of its requests.</param>
internal sealed record LimitedPlace(string? Name, Func<string, bool> HasRouteValue)
{
    /// <summary>The whole application, of whose requests no route is known.</summary>
    public static LimitedPlace Application { get; } = new(null, _ => false);

    /// <summary>The name, as it stands in a sentence.</summary>
    public string Quoted => Name is null ? "UseGlobalLimit" : $"'{Name}'";

    /// <summary>An endpoint. What a fallback or a dynamic route finds has the values of that route: which, is known when it runs.</summary>
    public static LimitedPlace Of(Endpoint endpoint) => new(
        endpoint.DisplayName ?? "",
        endpoint is RouteEndpoint { RoutePattern: var route } ? value => route.GetParameter(value) is not null : _ => true);

    /// <summary>A limit that is required there.</summary>
    public string NameOf(string policy) => Name is null ? $"UseGlobalLimit(\"{policy}\")" : $"RequireLimit(\"{policy}\") of {Quoted}";
}
