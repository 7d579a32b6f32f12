using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>Builds the gate of each endpoint from the limits that it requires. Everything that can be wrong is wrong at start.</summary>
internal sealed class LimitGates(PolicyCatalog policies, LimitService service, LimitHeaders headers)
{
    /// <summary>
    /// Puts the gate before an endpoint that requires limits. Called once for each <c>RequireLimit</c>, after all of them have left
    /// their metadata; the first call builds the one gate.
    /// </summary>
    public static void Guard(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<LimitGate>().Any())
            return;
        var gates = endpoint.ApplicationServices.GetService<LimitGates>()
            ?? throw new InvalidOperationException($"The endpoint '{endpoint.DisplayName}' requires a limit, but there is no limiter: call builder.AddOrleansLimiter().");
        var next = endpoint.RequestDelegate
            ?? throw new InvalidOperationException($"The endpoint '{endpoint.DisplayName}' requires a limit, but has nothing to run.");
        var gate = new LimitGate(gates.StagesOf(endpoint), [.. endpoint.Metadata.OfType<LimitRefusalListener>()], next, gates.Headers);
        endpoint.Metadata.Add(gate);
        endpoint.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status429TooManyRequests, typeof(Problem), [Problem.MediaType]));
        endpoint.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status503ServiceUnavailable, typeof(Problem), [Problem.MediaType]));
        endpoint.RequestDelegate = gate.InvokeAsync;
    }

    private LimitHeaders Headers => headers;

    private List<LimitStage> StagesOf(EndpointBuilder endpoint)
    {
        var errors = new List<InvalidValue>();
        var stages = new List<LimitStage>();
        foreach (var requirement in endpoint.Metadata.OfType<LimitRequirement>())
        {
            if (ErrorIn(requirement, endpoint, out var recipe, out var policy) is { } error)
                errors.Add(error);
            else
                stages.Add(new LimitStage(service, service.HandleFor(Tenant.Own, policy!), recipe!, Permits.Of(requirement.Cost)));
        }

        return errors.Count == 0 ? stages : throw new LimiterConfigurationException(errors);
    }

    private InvalidValue? ErrorIn(LimitRequirement requirement, EndpointBuilder endpoint, out KeyRecipe? recipe, out Policy? policy)
    {
        recipe = null;
        var name = requirement.Policy;
        if (!policies.TryGet(name, out policy))
            return new InvalidValue($"RequireLimit(\"{name}\") of '{endpoint.DisplayName}'", "no policy", $"must name one of {string.Join(", ", policies.All.Select(known => known.Name))}");
        if (policy.KeyRecipe is null)
            return new InvalidValue(SettingOf(name), "not set", $"must be a key recipe as in ip or user+ip, because '{endpoint.DisplayName}' requires the policy");
        if (!KeyRecipe.TryParse(policy.KeyRecipe, out recipe, out var error))
            return error with { Field = SettingOf(name) };
        if (requirement.Cost > policy.SpecFor(Tenant.FreeTier).Capacity)
            return new InvalidValue($"RequireLimit(\"{name}\") of '{endpoint.DisplayName}'", $"cost {requirement.Cost}", $"must be at most the policy's capacity, {policy.SpecFor(Tenant.FreeTier).Capacity}");
        var route = (endpoint as RouteEndpointBuilder)?.RoutePattern;
        return recipe.RouteValues.FirstOrDefault(value => route is null || route.GetParameter(value) is null) is { } missing
            ? new InvalidValue(SettingOf(name), $"'{recipe.Text}'", $"must name values of the route only, and '{endpoint.DisplayName}' has no {{{missing}}}")
            : null;
    }

    /// <summary>Where a policy's recipe is set.</summary>
    public static string SettingOf(string policy) => $"{LimiterOptions.Section}:Policies:{policy}:Key";
}
