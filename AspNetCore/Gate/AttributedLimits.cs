using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Puts the limits of <see cref="RequireLimitAttribute"/> before the endpoints that carry it. An attribute cannot change what an endpoint
/// runs, so routing is given, where it has found such an endpoint, the same one with a gate. Safe for use by many threads.
/// </summary>
internal sealed class AttributedLimits : MatcherPolicy, IEndpointSelectorPolicy
{
    private readonly ConditionalWeakTable<Endpoint, Endpoint> _gated = [];

    /// <summary>After all others: those that find a controller or a page put it in the place of what they matched.</summary>
    public override int Order => int.MaxValue;

    /// <inheritdoc />
    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => ContainsDynamicEndpoints(endpoints) || endpoints.Any(IsAttributed);

    /// <inheritdoc />
    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is { } found && GatedOf(found) is var gated && gated != found)
                candidates.ReplaceEndpoint(i, gated, candidates[i].Values);
        }

        return Task.CompletedTask;
    }

    /// <summary>The endpoint that routing is given: the same one where no attribute requires a limit.</summary>
    public Endpoint GatedOf(Endpoint endpoint) => IsAttributed(endpoint) ? _gated.GetValue(endpoint, Gated) : endpoint;

    /// <summary>Whether an attribute requires a limit of an endpoint.</summary>
    public static bool IsAttributed(Endpoint endpoint) => endpoint.Metadata.GetMetadata<RequireLimitAttribute>() is not null;

    private static Endpoint Gated(Endpoint endpoint)
    {
        // Without anything to run there is nothing to guard; with a gate that a builder put there, it needs only to know of the rest.
        if (endpoint is not RouteEndpoint route || endpoint.RequestDelegate is null)
            return endpoint;
        var builder = new RouteEndpointBuilder(endpoint.RequestDelegate, route.RoutePattern, route.Order)
        {
            DisplayName = endpoint.DisplayName,
        };
        foreach (var metadata in endpoint.Metadata)
        {
            // Where the attribute stood is kept: limits are asked in that order.
            if (metadata is RequireLimitAttribute attribute)
                builder.Metadata.Add(attribute.ToRequirement());
            else
                builder.Metadata.Add(metadata);
        }

        LimitGates.Guard(builder);
        return builder.Build();
    }
}
