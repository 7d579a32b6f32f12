using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Puts the limits of <see cref="RequireLimitAttribute"/> before the endpoints that carry it, and those of Razor pages before the pages. An
/// attribute cannot change what an endpoint runs, and a page is run by an endpoint that is built when it is first asked for, out of the
/// metadata alone; so routing is given, where it has found such an endpoint, the same one with a gate. Safe for use by many threads.
/// </summary>
internal sealed class AttributedLimits : MatcherPolicy, IEndpointSelectorPolicy
{
    private readonly ConditionalWeakTable<Endpoint, Endpoint> _gated = [];

    /// <summary>After all others: those that find a controller or a page put it in the place of what they matched.</summary>
    public override int Order => int.MaxValue;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) =>
        ContainsDynamicEndpoints(endpoints) || endpoints.Any(endpoint => LacksGate(endpoint) || IsPage(endpoint));

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is { } found && GatedOf(found) is var gated && gated != found)
                candidates.ReplaceEndpoint(i, gated, candidates[i].Values);
        }

        return Task.CompletedTask;
    }

    /// <summary>The endpoint that routing is given: the same one where it has its gate, or requires no limit.</summary>
    public Endpoint GatedOf(Endpoint endpoint) => LacksGate(endpoint) ? _gated.GetValue(endpoint, Gated) : endpoint;

    /// <summary>Whether an attribute requires a limit of an endpoint.</summary>
    public static bool IsAttributed(Endpoint endpoint) => endpoint.Metadata.GetMetadata<RequireLimitAttribute>() is not null;

    /// <summary>What an attribute requires where nothing looks for it: on the class of a minimal API's handler. Null for nothing.</summary>
    public static InvalidValue? MisplacedOn(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<MethodInfo>() is { DeclaringType: { } type } handler
            && type.GetCustomAttributes<RequireLimitAttribute>().FirstOrDefault() is { } attribute
            ? new InvalidValue(
                LimitedPlace.Of(endpoint).NameOf(attribute.Policy),
                "on the class of a handler",
                $"must stand on the handler itself, {type.Name}.{handler.Name}, because that alone is what the endpoint knows")
            : null;

    /// <summary>Whether an endpoint stands for a Razor page, which it may not know until it has found its compiled one.</summary>
    public static bool IsPage(Endpoint endpoint) => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null;

    private static bool LacksGate(Endpoint endpoint) => IsAttributed(endpoint) || IsLoadedWithoutGate(endpoint);

    /// <summary>
    /// Whether an endpoint is one of a page that the framework loaded for another, the one that was mapped: it copies what that requires,
    /// and its gate as a piece of metadata alone. The page itself stands in both.
    /// </summary>
    private static bool IsLoadedWithoutGate(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<LimitRequirement>() is not null
        && endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null
        && endpoint.Metadata.GetOrderedMetadata<PageActionDescriptor>().Count > 1
        && endpoint.RequestDelegate?.Target is not LimitGate;

    private static Endpoint Gated(Endpoint endpoint)
    {
        // Without anything to run there is nothing to guard.
        if (endpoint.RequestDelegate is null)
            return endpoint;
        EndpointBuilder builder = endpoint is RouteEndpoint route
            ? new RouteEndpointBuilder(endpoint.RequestDelegate, route.RoutePattern, route.Order)
            : new FoundEndpointBuilder { RequestDelegate = endpoint.RequestDelegate };
        builder.DisplayName = endpoint.DisplayName;
        var isLoaded = IsLoadedWithoutGate(endpoint);
        var attributes = new HashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (var metadata in endpoint.Metadata)
        {
            // Where the attribute stood is kept: limits are asked in that order. Of a loaded page it stands where it was mapped too.
            if (metadata is RequireLimitAttribute attribute)
            {
                if (attributes.Add(attribute))
                    builder.Metadata.Add(attribute.ToRequirement());
            }
            else if (metadata is not LimitGate || !isLoaded)
            {
                builder.Metadata.Add(metadata);
            }
        }

        // With a gate that a builder put there, that one needs only to know of the rest.
        LimitGates.Guard(builder);
        return builder.Build();
    }

    /// <summary>A controller's action that a fallback or a dynamic route finds has no route of its own.</summary>
    private sealed class FoundEndpointBuilder : EndpointBuilder
    {
        public override Endpoint Build() => new(RequestDelegate, new EndpointMetadataCollection(Metadata), DisplayName);
    }
}
