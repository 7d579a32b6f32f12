using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;

namespace OrleansLimiter.Api.Description;

/// <summary>
/// The OpenAPI document, <c>/openapi/v1.json</c>. The limit service reads requests by hand, so nothing can be derived from parameters: the document is
/// written here, beside a test that holds it against the routes there are.
/// </summary>
internal static class ApiDescription
{
    /// <summary>Adds the document.</summary>
    public static IServiceCollection AddApiDescription(this IServiceCollection services) =>
        services.AddOpenApi("v1", options => options.AddDocumentTransformer(Describe));

    /// <summary>Maps <c>/openapi/v1.json</c>.</summary>
    public static IEndpointConventionBuilder MapApiDescription(this IEndpointRouteBuilder routes) => routes.MapOpenApi().WithHead();

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo { Title = "OrleansLimiter", Version = "v1", Description = "A distributed rate limiter.", License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" } };
        document.Servers = [new OpenApiServer { Url = "/" }];
        foreach (var (name, schema) in DescribedSchemas.All)
            document.AddComponent(name, schema);
        var operation = new DescribedOperations(document);
        document.Paths = new OpenApiPaths
        {
            ["/limit/check"] = Path(HttpMethod.Get, operation.Of(
                "Says what a charge would be answered, and charges nothing.",
                [
                    Query("key", true, JsonSchemaType.String), Query("policy", false, JsonSchemaType.String), Query("cost", false, JsonSchemaType.Integer),
                    Query("tenant", false, JsonSchemaType.String, "For operators: whose key; ~app for the service's own."), Header(ApiKey.Header, isRequired: false), Header(OperatorKey.Header, isRequired: false),
                ],
                null, "LimitAnswer", [200, 400, 401, 403, 404, 503])),
            ["/limit/incr"] = Path(HttpMethod.Post, operation.Of(
                "Charges a key, or refuses.", [], "LimitCall", "LimitAnswer", [200, 400, 401, 403, 404, 413, 415, 429, 503])),
            ["/limit/refund"] = Path(HttpMethod.Post, operation.Of(
                "Gives permits back. Not for callers without an API key, leakyBucket and concurrency.", [], "LimitCall", "LimitAnswer", [200, 400, 401, 403, 404, 413, 415, 503])),
            ["/limit/release"] = Path(HttpMethod.Post, operation.Of(
                "Frees a place of a concurrency limit.", [], "LimitRelease", "LimitAnswer", [200, 400, 401, 403, 404, 413, 415, 503])),
            ["/limit/batch"] = Path(HttpMethod.Post, operation.Of(
                "Charges 1 to 100 keys. Any invalid item: 400, and nothing is charged.", [], "LimitBatch", "LimitBatchAnswer", [200, 400, 401, 403, 413, 415])),
            ["/limit/{policy}/{key}"] = Path(HttpMethod.Delete, operation.Of(
                "Forgets a key. For operators.",
                [InPath("policy"), InPath("key"), Query("tenant", true, JsonSchemaType.String), Header("X-Operator-Key")],
                null, null, [204, 400, 401, 404, 429, 503])),
            ["/limit"] = Path(HttpMethod.Delete, operation.Of(
                "Forgets a key that no path can hold, such as one with a dot segment. For operators.",
                [
                    Query("policy", true, JsonSchemaType.String), Query("key", true, JsonSchemaType.String), Query("tenant", true, JsonSchemaType.String),
                    Header("X-Operator-Key"),
                ],
                null, null, [204, 400, 401, 404, 429, 503])),
            ["/health/live"] = Path(HttpMethod.Get, operation.Of("Whether the process runs.", [], null, "Health", [200])),
            ["/health/ready"] = Path(HttpMethod.Get, operation.Of("Whether requests are served, and by which engine.", [], null, "Health", [200, 503])),
            ["/metrics"] = Path(HttpMethod.Get, operation.Of("Metrics as Prometheus text.", [], null, null, [200])),
        };
        DescribedAccounts.AddTo(document, operation);
        DescribedTickets.AddTo(document, operation);
        foreach (var operations in document.Paths.Values.Select(path => path.Operations!).Where(operations => operations.ContainsKey(HttpMethod.Get)))
            operations[HttpMethod.Head] = DescribedOperations.HeadOf(operations[HttpMethod.Get]);
        DescribedAccess.AddTo(document);
        return Task.CompletedTask;
    }

    /// <summary>A path with one operation.</summary>
    internal static OpenApiPathItem Path(HttpMethod method, OpenApiOperation operation) =>
        new() { Operations = new Dictionary<HttpMethod, OpenApiOperation> { [method] = operation } };

    /// <summary>A parameter of the query.</summary>
    internal static OpenApiParameter Query(string name, bool isRequired, JsonSchemaType type, string? description = null) =>
        new() { Name = name, In = ParameterLocation.Query, Required = isRequired, Description = description, Schema = new OpenApiSchema { Type = type } };

    /// <summary>A part of the path.</summary>
    internal static OpenApiParameter InPath(string name) =>
        new() { Name = name, In = ParameterLocation.Path, Required = true, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiParameter Header(string name, bool isRequired = true) =>
        new() { Name = name, In = ParameterLocation.Header, Required = isRequired, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}
