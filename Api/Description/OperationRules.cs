using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.OpenApi;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.AspNetCore.Fields;
using OrleansLimiter.Hosting.Http;
using OrleansLimiter.Hosting.Operators;

namespace OrleansLimiter.Api.Description;

/// <summary>
/// Completes operations by what the framework does not look for: parameters that are read by hand, who may call, headers of answers, HEAD.
/// </summary>
internal static class OperationRules
{
    private const string AccessToken = "accessToken";
    private const string TenantKey = "apiKey";
    private const string OperatorsKey = "operatorKey";
    private const string RestOfPath = "/{more}";

    /// <summary>Adds the ways to say who calls to the document.</summary>
    public static void AddSchemesTo(OpenApiDocument document)
    {
        Add(AccessToken, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" });
        Add(TenantKey, KeyIn(ApiKey.Header, "A tenant's API key. Left out: the public tenant, where it is served."));
        Add(OperatorsKey, KeyIn(OperatorKey.Header, "An operator's key."));

        // Where nothing else is said, anybody may call.
        document.Security = [[]];

        void Add(string name, IOpenApiSecurityScheme scheme) => document.AddComponent(name, scheme);
    }

    /// <summary>A path without the part that takes what is left of it.</summary>
    public static string WithoutRest(string path) =>
        path.EndsWith(RestOfPath, StringComparison.Ordinal) ? path[..^RestOfPath.Length] : path;

    public static async Task CompleteAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var (method, path) = (context.Description.HttpMethod!, RoutePatternFactory.Parse(context.Description.RelativePath!));
        operation.OperationId = IdOf(method, path);
        operation.Parameters = await ParametersAsync(path, metadata, context, cancellationToken);
        operation.Security = SecurityOf(metadata, context.Document!);
        var isLimited = metadata.OfType<DescribedRateLimit>().Any() || operation.Responses!.ContainsKey("429");
        foreach (var (status, response) in operation.Responses!)
            Complete((OpenApiResponse)response, status, isLimited, HttpMethods.IsHead(method));
        if (HttpMethods.IsHead(method))
            operation.Summary += " The status and the headers alone.";
    }

    private static async Task<IList<IOpenApiParameter>> ParametersAsync(
        RoutePattern path, IList<object> metadata, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var parameters = new List<IOpenApiParameter>();
        foreach (var part in path.Parameters.Where(part => !part.IsCatchAll))
        {
            parameters.Add(new OpenApiParameter
            {
                Name = part.Name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = await SchemaAsync(typeof(string)),
            });
        }

        foreach (var read in metadata.OfType<DescribedParameter>())
        {
            parameters.Add(new OpenApiParameter
            {
                Name = read.Name,
                In = read.IsHeader ? ParameterLocation.Header : ParameterLocation.Query,
                Required = read.IsRequired,
                Description = read.Description,
                Schema = await SchemaAsync(read.Type),
            });
        }

        return parameters;

        Task<OpenApiSchema> SchemaAsync(Type type) => context.GetOrCreateSchemaAsync(type, null, cancellationToken);
    }

    /// <summary>Who may call. Null: anybody.</summary>
    private static List<OpenApiSecurityRequirement>? SecurityOf(IList<object> metadata, OpenApiDocument document)
    {
        if (metadata.OfType<IAuthorizeData>().Any())
            return [Requirement(AccessToken)];
        if (metadata.OfType<OperatorKey.Required>().Any())
            return [Requirement(OperatorsKey)];
        var keys = metadata.OfType<DescribedKey>()
            .Select(key => Requirement(key.Header == ApiKey.Header ? TenantKey : OperatorsKey)).ToList();
        return keys.Count == 0 ? null : [.. keys, []];

        OpenApiSecurityRequirement Requirement(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
    }

    private static void Complete(OpenApiResponse response, string status, bool isLimited, bool isHead)
    {
        if (isHead)
            response.Content = null;
        if (!isLimited)
            return;
        response.Headers = new Dictionary<string, IOpenApiHeader>();
        if (status is "200" or "204" or "429")
        {
            response.Headers[RateLimitFields.PolicyHeader] =
                Header("The policies that were asked: capacity q, and the seconds w that fill it.");
            response.Headers[RateLimitFields.LimitHeader] = Header("What remains (r), and the seconds until it grows (t).");
        }

        if (status is "429" or "503")
            response.Headers["Retry-After"] = Header("Whole seconds until the same request makes sense again.");
    }

    private static OpenApiHeader Header(string description) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiSecurityScheme KeyIn(string header, string description) =>
        new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = header, Description = description };

    /// <summary>As in <c>getSalesById</c> for <c>GET /sales/{id}</c>.</summary>
    private static string IdOf(string method, RoutePattern path)
    {
        var words = path.PathSegments.SelectMany(segment => segment.Parts).SelectMany(part => part switch
        {
            RoutePatternParameterPart { IsCatchAll: false } parameter => ["By" + Capital(parameter.Name)],
            RoutePatternLiteralPart literal => literal.Content.Split('-').Select(Capital),
            _ => [],
        });
        return method.ToLowerInvariant() + string.Concat(words);
    }

    private static string Capital(string word) => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..];
}
