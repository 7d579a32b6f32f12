using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using OrleansLimiter.AspNetCore.Recipes;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Policies;
using OrleansLimiter.Service;
using OrleansLimiter.Tenants;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>Makes what is required ready to be asked, or says why it cannot work. Safe for use by many threads.</summary>
internal sealed class LimitStages(PolicyCatalog policies, LimitService service)
{
    /// <summary>The longest that a leaky bucket may have anybody wait for a turn.</summary>
    public static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(60);

    /// <summary>Makes one limit.</summary>
    /// <param name="requirement">What is required.</param>
    /// <param name="by">By whom.</param>
    /// <param name="stage">The limit, if it can work.</param>
    /// <param name="error">What is wrong, if not.</param>
    /// <returns>Whether it can work.</returns>
    public bool TryMake(
        LimitRequirement requirement,
        LimitedPlace by,
        [NotNullWhen(true)] out LimitStage? stage,
        [NotNullWhen(false)] out InvalidValue? error)
    {
        stage = null;
        if (!policies.TryGet(requirement.Policy, out var policy))
        {
            error = new InvalidValue(by.NameOf(requirement.Policy), "no policy", policies.All.Count == 0
                ? $"must name a policy of {LimiterOptions.Section}:Policies, and there is none"
                : $"must name one of {string.Join(", ", policies.All.Select(known => known.Name))}");
            return false;
        }

        error = RecipeErrorIn(requirement, policy, by, out var recipe) ?? ErrorIn(requirement, policy, recipe!, by);
        if (error is null)
            stage = new LimitStage(
                service, service.HandleFor(Tenant.Own, policy), recipe!, Permits.Of(requirement.Cost), requirement.Point);
        return error is null;
    }

    /// <summary>Where a policy's recipe is set.</summary>
    public static string SettingOf(string policy) => $"{LimiterOptions.Section}:Policies:{policy}:Key";

    private static InvalidValue? RecipeErrorIn(LimitRequirement requirement, Policy policy, LimitedPlace by, out KeyRecipe? recipe)
    {
        if ((requirement.Key ?? (Func<HttpContext, string?>?)policy.KeyFunction) is { } key)
        {
            recipe = KeyRecipe.Of(key);
            return null;
        }

        recipe = null;
        if (policy.KeyRecipe is null)
            return new InvalidValue(
                SettingOf(policy.Name), "not set", $"must be a key recipe as in ip or user+ip, because {by.Quoted} requires the policy");
        return KeyRecipe.TryParse(policy.KeyRecipe, out recipe, out var error) ? null : error with { Field = SettingOf(policy.Name) };
    }

    private static InvalidValue? ErrorIn(LimitRequirement requirement, Policy policy, KeyRecipe recipe, LimitedPlace by)
    {
        var setting = SettingOf(policy.Name);
        var spec = policy.SpecFor(Tenant.FreeTier);
        if (requirement.Cost > spec.Capacity)
            return new InvalidValue(
                by.NameOf(requirement.Policy), $"cost {requirement.Cost}", $"must be at most the policy's capacity, {spec.Capacity}");
        if (requirement.Point == LimitPoint.BeforeAuthentication && recipe.UserPart is { } part)
            return new InvalidValue(
                setting, $"'{recipe.Text}'", $"must not count by {part}, because {by.Quoted} has it asked before anybody is authenticated");
        if (spec.Algorithm == Algorithm.LeakyBucket && LongestTurnOf(spec.Bandwidths[0]) is var longest && longest > LongestTurn)
        {
            return new InvalidValue(
                setting[..^":Key".Length],
                string.Create(CultureInfo.InvariantCulture, $"a leakyBucket whose last caller waits {longest.TotalSeconds:N0} s"),
                string.Create(CultureInfo.InvariantCulture, $"must make nobody wait longer than {LongestTurn.TotalSeconds:N0} s")
                    + $" (lower Burst), because {by.Quoted} requires it and requests wait there for their turn");
        }

        return recipe.RouteValues.FirstOrDefault(value => !by.HasRouteValue(value)) is { } missing
            ? new InvalidValue(setting, $"'{recipe.Text}'", $"must name values of the route only, and {by.Quoted} has no {{{missing}}}")
            : null;
    }

    /// <summary>How long the last of a full bucket waits: (B - 1) * W / L.</summary>
    private static TimeSpan LongestTurnOf(Bandwidth bandwidth) =>
        TimeSpan.FromMicroseconds((double)(bandwidth.Capacity - 1) * bandwidth.WindowMicroseconds / bandwidth.Limit);
}
