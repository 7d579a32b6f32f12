using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Makes the limits of each endpoint from what it requires. Whatever is wrong with an endpoint that is there at the start ends the start.
/// Safe for use by many threads.
/// </summary>
internal sealed class LimitGates(LimitStages maker, LimitHeaders headers, TimeProvider time)
{
    private readonly ConditionalWeakTable<Endpoint, EndpointLimits> _limits = [];
    private readonly List<PipelinePlace> _early = [];
    private readonly List<GlobalLimit> _global = [];

    /// <summary>Whether the application has limits of its own, for all its requests.</summary>
    public bool HasGlobal => _global.Count > 0;

    /// <summary>
    /// Puts a gate before an endpoint that requires limits. Called once for each <c>RequireLimit</c>; the first call builds the one gate.
    /// </summary>
    public static void Guard(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<LimitGate>().Any())
            return;

        // Some builders know of no services: then it shows at the first request.
        if (endpoint.ApplicationServices.GetService<LimitGates>() is null
            && endpoint.ApplicationServices.GetService<IServiceScopeFactory>() is not null)
            throw Missing(endpoint.DisplayName);
        var next = endpoint.RequestDelegate
            ?? throw new InvalidOperationException($"The endpoint '{endpoint.DisplayName}' requires a limit, but has nothing to run.");
        var gate = new LimitGate(endpoint, next);
        endpoint.Metadata.Add(gate);
        endpoint.RequestDelegate = gate.InvokeAsync;
    }

    /// <summary>An endpoint requires a limit, and there is no limiter.</summary>
    public static InvalidOperationException Missing(string? endpoint) =>
        new($"The endpoint '{endpoint}' requires a limit, but there is no limiter: call builder.AddOrleansLimiter().");

    /// <summary>A middleware is put into the pipeline, and there is no limiter.</summary>
    public static InvalidOperationException Missing() => new("There is no limiter: call builder.AddOrleansLimiter().");

    /// <summary>The application asks limits before authentication.</summary>
    /// <param name="place">Where it does.</param>
    public void AskEarlyAt(PipelinePlace place) => _early.Add(place);

    /// <summary>The application asks a limit of all its requests.</summary>
    /// <param name="requirement">Which.</param>
    /// <param name="place">Where it does.</param>
    /// <exception cref="LimiterConfigurationException">It cannot work.</exception>
    public GlobalLimit AddGlobal(LimitRequirement requirement, PipelinePlace place)
    {
        if (!maker.TryMake(requirement, LimitedPlace.Application, out var stage, out var error))
            throw new LimiterConfigurationException([error]);
        var limit = new GlobalLimit(requirement, stage, new EndpointLimits([stage], refusals: null, headers, time), place);
        _global.Add(limit);
        return limit;
    }

    /// <summary>The application has put into its pipeline what it does.</summary>
    public void ClosePipeline(bool isOfWebApplication)
    {
        foreach (var place in _early.Concat(_global.Select(limit => limit.Place)))
            place.Close(isOfWebApplication);
    }

    /// <summary>Checks the limits of the whole application at the start.</summary>
    /// <param name="endpoints">The endpoints that there are.</param>
    /// <exception cref="LimiterConfigurationException">One of them cannot work.</exception>
    public void CheckGlobal(IReadOnlyList<Endpoint> endpoints)
    {
        var errors = _global.SelectMany(limit => limit.Errors().Concat(endpoints.SelectMany(limit.ErrorsOf))).ToList();
        if (errors.Count > 0)
            throw new LimiterConfigurationException(errors);
    }

    /// <summary>The limits of an endpoint.</summary>
    /// <exception cref="LimiterConfigurationException">One of them cannot work.</exception>
    public EndpointLimits LimitsOf(Endpoint endpoint) => _limits.GetValue(endpoint, Build);

    /// <summary>Checks an endpoint at the start.</summary>
    /// <exception cref="LimiterConfigurationException">A limit of it cannot work.</exception>
    public void Check(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<LimitRequirement>() is not { } first)
            return;
        var limits = LimitsOf(endpoint);
        var name = LimitedPlace.Of(endpoint).NameOf(first.Policy);
        if (endpoint.Metadata.OfType<IDynamicEndpointMetadata>().Any(metadata => metadata.IsDynamic))
        {
            throw new LimiterConfigurationException([new InvalidValue(
                name,
                "on a route that only finds a controller or a page",
                "must be required of what is found, as in app.MapControllers().RequireLimit(...) or MapRazorPages().RequireLimit(...): "
                    + "routing runs that in its place, without this limit")]);
        }

        if (limits.HasEarly && EarlyErrorOf(name) is { } error)
            throw new LimiterConfigurationException([error]);
    }

    private InvalidValue? EarlyErrorOf(string name)
    {
        const string Middleware = "UseLimitsBeforeAuthentication()";
        if (_early.Count == 0)
            return new InvalidValue(
                name, "to be asked before authentication",
                $"must be asked by app.{Middleware}, called after UseRouting and before UseAuthentication");
        if (_early.All(place => place.IsBeforeRouting))
            return new InvalidValue(
                Middleware, "called before UseRouting()", "must be called after it, because before routing no endpoint is known");
        return _early.All(place => place.AfterWhat is not null)
            ? new InvalidValue(
                Middleware, _early[0].AfterWhat!,
                "must be called after UseRouting() and before UseAuthentication() and UseAuthorization(), which have to be called too")
            : null;
    }

    private EndpointLimits Build(Endpoint endpoint)
    {
        var errors = new List<InvalidValue>();
        var stages = new List<LimitStage>();
        var place = LimitedPlace.Of(endpoint);
        var hub = HubEndpoint.Of(endpoint);
        foreach (var requirement in endpoint.Metadata.GetOrderedMetadata<LimitRequirement>())
        {
            if (!maker.TryMake(requirement, place, out var stage, out var error))
                errors.Add(error);
            else if (hub?.ErrorIn(stage, place.NameOf(requirement.Policy)) is { } unfit)
                errors.Add(unfit);
            else
                stages.Add(hub is { IsNegotiation: true } && stage.HoldsPlaces ? stage.OnlyLooking() : stage);
        }

        if (errors.Count > 0)
            throw new LimiterConfigurationException(errors);
        var refusals = LimitRefusals.Of(endpoint);
        if (hub is not { IsNegotiation: false })
            return new EndpointLimits(stages, refusals, headers, time);
        var places = stages.Where(stage => stage.HoldsPlaces).ToList();
        return new EndpointLimits(
            stages,
            refusals,
            headers,
            time,
            new HubConnections(places.Count == 0 ? null : new EndpointLimits(places, refusals, headers, time)));
    }
}
