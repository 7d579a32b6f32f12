using System.Globalization;
using Microsoft.OpenApi;
using OrleansLimiter.AspNetCore;
using OrleansLimiter.Hosting.Operators;

namespace OrleansLimiter.Api.Description;

/// <summary>Says of each operation of a document what it is called, and which key or token it needs.</summary>
internal static class DescribedAccess
{
    private const string TenantKey = "apiKey";
    private const string OperatorsKey = "operatorKey";

    /// <summary>Completes the document.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent<IOpenApiSecurityScheme>(TenantKey, KeyIn(ApiKey.Header, "A tenant's API key. Left out: the public tenant, where it is served."));
        document.AddComponent<IOpenApiSecurityScheme>(OperatorsKey, KeyIn(OperatorKey.Header, "An operator's key."));

        // Where nothing else is said, anybody may call.
        document.Security = [[]];
        foreach (var (path, item) in document.Paths)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                operation.OperationId = IdOf(method, path);
                Secure(document, operation);
            }
        }
    }

    /// <summary>A key in a header is not one parameter among others.</summary>
    private static void Secure(OpenApiDocument document, OpenApiOperation operation)
    {
        var keys = operation.Parameters?.Where(parameter => parameter.In == ParameterLocation.Header && parameter.Name is ApiKey.Header or OperatorKey.Header).ToList() ?? [];
        if (keys.Count == 0)
            return;
        foreach (var key in keys)
            operation.Parameters!.Remove(key);
        operation.Security = [.. keys.Select(key => Requirement(document, key.Name == ApiKey.Header ? TenantKey : OperatorsKey))];
        if (keys.TrueForAll(key => !key.Required))
            operation.Security.Add([]);
    }

    private static OpenApiSecurityRequirement Requirement(OpenApiDocument document, string scheme) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };

    private static OpenApiSecurityScheme KeyIn(string header, string description) =>
        new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = header, Description = description };

    /// <summary>As in <c>getSalesById</c> for <c>GET /sales/{id}</c>.</summary>
    private static string IdOf(HttpMethod method, string path)
    {
        var words = path.Split('/', '-', '.').Where(word => word.Length > 0);
        return method.Method.ToLowerInvariant() + string.Concat(words.Select(word => word[0] == '{' ? "By" + Capital(word.Trim('{', '}', '*')) : Capital(word)));
    }

    private static string Capital(string word) => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..];
}
