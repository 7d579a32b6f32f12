using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Stands before an endpoint: lets a request pass only if all limits of the endpoint do. It wraps the endpoint's request delegate, so it
/// runs after authentication and before any part of the body is read, and cannot be forgotten or put in the wrong place. What the endpoint
/// requires is read from its metadata, which is whole only when it has been built, and some endpoints are built late. One per endpoint;
/// safe for use by many threads.
/// </summary>
internal sealed class LimitGate(EndpointBuilder endpoint, RequestDelegate next)
{
    private volatile Known? _known;

    /// <summary>Answers one request, by the endpoint or by a refusal.</summary>
    public Task InvokeAsync(HttpContext context) => LimitsOf(context).EnterAsync(context, LimitPoint.Endpoint, next);

    private EndpointLimits LimitsOf(HttpContext context)
    {
        var current = context.GetEndpoint();
        if (_known is { } known && ReferenceEquals(known.Endpoint, current))
            return known.Limits;
        var gates = context.RequestServices.GetService<LimitGates>() ?? throw LimitGates.Missing(endpoint.DisplayName);

        // A middleware may have put another endpoint in its place: the limits are those of the one that runs.
        var limits = gates.LimitsOf(current?.Metadata.GetMetadata<LimitRequirement>() is null ? endpoint.Build() : current);
        _known = new Known(current, limits);
        return limits;
    }

    private sealed record Known(Endpoint? Endpoint, EndpointLimits Limits);
}
