using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansLimiter.Hosting.Http;

namespace OrleansLimiter.Api.Description;

/// <summary>
/// The OpenAPI document, <c>/openapi/v1.json</c>. It is derived from what the routes say of themselves where they are mapped
/// (<see cref="RouteDescriptions"/>), and from the types of their bodies; what follows from no single route is added here and by the
/// rules beside.
/// </summary>
internal static class ApiDescription
{
    public static IServiceCollection AddApiDescription(this IServiceCollection services)
    {
        // These options are read for the document's schemas alone: numbers are never texts.
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        return services.AddOpenApi("v1", options =>
        {
            options.CreateSchemaReferenceId = SchemaRules.NameOf;
            options.AddSchemaTransformer(SchemaRules.CompleteAsync);
            options.AddOperationTransformer(OperationRules.CompleteAsync);
            options.AddDocumentTransformer(CompleteAsync);
        });
    }

    /// <summary>Maps <c>/openapi/v1.json</c>.</summary>
    public static IEndpointConventionBuilder MapApiDescription(this IEndpointRouteBuilder routes) => routes.MapOpenApi().WithHead();

    private static Task CompleteAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "OrleansLimiter",
            Version = "v1",
            Description = "A distributed rate limiter.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        OperationRules.AddSchemesTo(document);

        // That it reads a key with slashes in it is the route's affair: who calls sends one segment.
        var paths = new OpenApiPaths();
        foreach (var (path, item) in document.Paths)
            paths.Add(OperationRules.WithoutRest(path), item);
        document.Paths = paths;
        return Task.CompletedTask;
    }
}
