using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.AspNetCore.Describing;

/// <summary>
/// Has descriptions of the API (OpenAPI) say that requests of a limited endpoint may be refused. Not as metadata of the endpoint: the
/// response that is otherwise taken for granted would no longer be, and controllers' actions would not show it.
/// </summary>
internal sealed class LimitedApiDescriptions(IServiceProvider services) : IApiDescriptionProvider
{
    private static readonly int[] Refusals = [StatusCodes.Status429TooManyRequests, StatusCodes.Status503ServiceUnavailable];

    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var endpoints = services.GetService<EndpointDataSource>()?.Endpoints ?? [];
        var limitedActions = ActionsOf(endpoints, IsLimited);
        var exemptActions = ActionsOf(endpoints, GlobalLimit.IsExempt);
        var isGlobal = services.GetService<LimitGates>() is { HasGlobal: true };
        foreach (var description in context.Results)
        {
            var action = description.ActionDescriptor;
            var metadata = action.EndpointMetadata ?? [];
            var isExempt = !isGlobal || metadata.Any(data => data is ExemptFromGlobalLimitAttribute) || exemptActions.Contains(action.Id);
            if (!isExempt || metadata.Any(data => data is LimitRequirement or RequireLimitAttribute) || limitedActions.Contains(action.Id))
                Describe(description.SupportedResponseTypes);
        }
    }

    private static bool IsLimited(Endpoint endpoint) => endpoint.Metadata.GetMetadata<LimitRequirement>() is not null
        || AttributedLimits.IsAttributed(endpoint);

    private static HashSet<string?> ActionsOf(IEnumerable<Endpoint> endpoints, Func<Endpoint, bool> isOne) =>
        [.. endpoints.Where(isOne).Select(endpoint => endpoint.Metadata.GetMetadata<ActionDescriptor>()?.Id)];

    private static void Describe(IList<ApiResponseType> responses)
    {
        // Where nothing is said, success is taken for granted; once something is, it is not.
        if (responses.Count == 0)
            responses.Add(new ApiResponseType { StatusCode = StatusCodes.Status200OK, Type = typeof(void) });
        foreach (var status in Refusals)
        {
            if (responses.All(response => response.StatusCode != status))
                responses.Add(new ApiResponseType
                {
                    StatusCode = status,
                    Type = typeof(Problem),
                    ApiResponseFormats = [new ApiResponseFormat { MediaType = Problem.MediaType }]
                });
        }
    }
}
