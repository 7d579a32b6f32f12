using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>Makes the limits of each endpoint from what it requires. Whatever is wrong with an endpoint that is there at the start ends the start. Safe for use by many threads.</summary>
internal sealed class LimitGates(PolicyCatalog policies, LimitService service, LimitHeaders headers, TimeProvider time)
{
    /// <summary>The longest that a leaky bucket may have a request wait for its turn.</summary>
    public static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(60);

    private readonly ConditionalWeakTable<Endpoint, EndpointLimits> _limits = [];

    /// <summary>Whether the application asks limits before authentication.</summary>
    public bool AsksBeforeAuthentication { get; set; }

    /// <summary>Puts a gate before an endpoint that requires limits. Called once for each <c>RequireLimit</c>; the first call builds the one gate.</summary>
    public static void Guard(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<LimitGate>().Any())
            return;

        // Some builders know of no services: then it shows at the first request.
        if (endpoint.ApplicationServices.GetService<LimitGates>() is null && endpoint.ApplicationServices.GetService<IServiceScopeFactory>() is not null)
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
        if (endpoint.Metadata.OfType<IDynamicEndpointMetadata>().Any(metadata => metadata.IsDynamic))
        {
            throw new LimiterConfigurationException([new InvalidValue(
                NameOf(first, endpoint),
                "on a route that only finds a controller or a page",
                "must be required of what is found, as in app.MapControllers().RequireLimit(...) or MapRazorPages().RequireLimit(...): routing runs that in its place, without this limit")]);
        }

        if (limits.HasEarly && !AsksBeforeAuthentication)
        {
            throw new LimiterConfigurationException([new InvalidValue(
                NameOf(first, endpoint), "to be asked before authentication", "must be asked by app.UseLimitsBeforeAuthentication(), called after UseRouting and before UseAuthentication")]);
        }
    }

    private EndpointLimits Build(Endpoint endpoint)
    {
        var errors = new List<InvalidValue>();
        var stages = new List<LimitStage>();
        foreach (var requirement in endpoint.Metadata.GetOrderedMetadata<LimitRequirement>())
        {
            if (ErrorIn(requirement, endpoint, out var recipe, out var policy) is { } error)
                errors.Add(error);
            else
                stages.Add(new LimitStage(service, service.HandleFor(Tenant.Own, policy!), recipe!, Permits.Of(requirement.Cost), requirement.Point));
        }

        if (errors.Count > 0)
            throw new LimiterConfigurationException(errors);
        var refusals = new LimitRefusals(endpoint.Metadata.GetOrderedMetadata<LimitRefusalListener>(), endpoint.Metadata.GetMetadata<LimitRefusalWriter>());
        return new EndpointLimits(stages, refusals, headers, time);
    }

    private InvalidValue? ErrorIn(LimitRequirement requirement, Endpoint endpoint, out KeyRecipe? recipe, out Policy? policy)
    {
        recipe = null;
        if (!policies.TryGet(requirement.Policy, out policy))
            return new InvalidValue(NameOf(requirement, endpoint), "no policy", policies.All.Count == 0
                ? $"must name a policy of {LimiterOptions.Section}:Policies, and there is none"
                : $"must name one of {string.Join(", ", policies.All.Select(known => known.Name))}");
        var name = policy.Name;
        if (policy.KeyRecipe is null)
            return new InvalidValue(SettingOf(name), "not set", $"must be a key recipe as in ip or user+ip, because '{endpoint.DisplayName}' requires the policy");
        if (!KeyRecipe.TryParse(policy.KeyRecipe, out recipe, out var error))
            return error with { Field = SettingOf(name) };
        var spec = policy.SpecFor(Tenant.FreeTier);
        if (requirement.Cost > spec.Capacity)
            return new InvalidValue(NameOf(requirement, endpoint), $"cost {requirement.Cost}", $"must be at most the policy's capacity, {spec.Capacity}");
        if (requirement.Point == LimitPoint.BeforeAuthentication && recipe.NeedsUser)
            return new InvalidValue(SettingOf(name), $"'{recipe.Text}'", $"must not count by user, because '{endpoint.DisplayName}' has it asked before anybody is authenticated");
        if (spec.Algorithm == Algorithm.LeakyBucket && LongestTurnOf(spec.Bandwidths[0]) is var longest && longest > LongestTurn)
        {
            return new InvalidValue(SettingOf(name)[..^":Key".Length], string.Create(CultureInfo.InvariantCulture, $"a leakyBucket whose last caller waits {longest.TotalSeconds:N0} s"),
                string.Create(CultureInfo.InvariantCulture, $"must make nobody wait longer than {LongestTurn.TotalSeconds:N0} s (lower Burst), because '{endpoint.DisplayName}' requires it and requests wait there for their turn"));
        }

        var route = (endpoint as RouteEndpoint)?.RoutePattern;
        return recipe.RouteValues.FirstOrDefault(value => route is null || route.GetParameter(value) is null) is { } missing
            ? new InvalidValue(SettingOf(name), $"'{recipe.Text}'", $"must name values of the route only, and '{endpoint.DisplayName}' has no {{{missing}}}")
            : null;
    }

    /// <summary>How long the last of a full bucket waits: (B - 1) * W / L.</summary>
    private static TimeSpan LongestTurnOf(Bandwidth bandwidth) =>
        TimeSpan.FromMicroseconds((double)(bandwidth.Capacity - 1) * bandwidth.WindowMicroseconds / bandwidth.Limit);

    private static string NameOf(LimitRequirement requirement, Endpoint endpoint) => $"RequireLimit(\"{requirement.Policy}\") of '{endpoint.DisplayName}'";

    /// <summary>Where a policy's recipe is set.</summary>
    public static string SettingOf(string policy) => $"{LimiterOptions.Section}:Policies:{policy}:Key";
}
