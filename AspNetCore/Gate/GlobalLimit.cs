using Microsoft.AspNetCore.Http;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// A limit of the whole application, asked of each request that comes by, once, unless its endpoint is exempt. Safe for use by many
/// threads.
/// </summary>
internal sealed class GlobalLimit(LimitRequirement requirement, LimitStage stage, EndpointLimits limits, PipelinePlace place)
{
    private readonly LimitedPlace _by = LimitedPlace.Application;

    public PipelinePlace Place => place;

    /// <summary>Whether no global limit is asked of the requests of an endpoint.</summary>
    public static bool IsExempt(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<ExemptFromGlobalLimitAttribute>() is not null;

    /// <summary>
    /// Answers one request, by what comes next or by a refusal. One that comes by again, as to a page for what went wrong, was asked
    /// before.
    /// </summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        IsExempt(context.GetEndpoint()) || !context.Items.TryAdd(this, null)
            ? next(context)
            : limits.EnterAsync(context, LimitPoint.Endpoint, next);

    /// <summary>What about it cannot work.</summary>
    public IEnumerable<InvalidValue> Errors()
    {
        if (place.IsBeforeAuthentication && stage.Recipe.UserPart is { } part)
        {
            yield return new InvalidValue(
                LimitStages.SettingOf(stage.Handle.Policy.Name),
                $"'{stage.Recipe.Text}'",
                $"must not count by {part}, because {_by.Quoted} is called before UseAuthentication()");
        }
    }

    /// <summary>Why it would not be asked, or would be asked though it should not, of an endpoint's requests.</summary>
    public IEnumerable<InvalidValue> ErrorsOf(Endpoint endpoint)
    {
        var name = _by.NameOf(requirement.Policy);
        if (IsExempt(endpoint))
        {
            if (place.IsBeforeRouting)
                yield return new InvalidValue(
                    name, "called before UseRouting()",
                    $"must be called after it, because '{endpoint.DisplayName}' is exempt, and before routing no endpoint is known");
        }
        else if (IsShortCircuited(endpoint) && !Requires(endpoint))
        {
            yield return new InvalidValue(
                name,
                $"not asked of '{endpoint.DisplayName}', which is short-circuited",
                $"must be asked by the endpoint itself, .RequireLimit(\"{requirement.Policy}\"), or the endpoint be exempt, "
                    + ".ExemptFromGlobalLimit()");
        }
    }

    private bool Requires(Endpoint endpoint) =>
        endpoint.Metadata.GetOrderedMetadata<LimitRequirement>()
            .Any(own => own.Policy.Equals(requirement.Policy, StringComparison.OrdinalIgnoreCase));

    // Routing runs such an endpoint itself, and no middleware after it. The mark is the framework's own, and internal.
    private static bool IsShortCircuited(Endpoint endpoint) =>
        endpoint.Metadata.Any(metadata => metadata.GetType().Name == "ShortCircuitMetadata");
}
