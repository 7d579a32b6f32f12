using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace OrleansLimiter.Api.Description;

/// <summary>The schemas of the document.</summary>
internal static class DescribedSchemas
{
    /// <summary>All of them, by name; made anew for each document.</summary>
    public static IReadOnlyDictionary<string, IOpenApiSchema> All => new Dictionary<string, IOpenApiSchema>
    {
        ["LimitCall"] = Call(),
        ["LimitRelease"] = Object(["key", "lease"], ("key", Key()), ("policy", Text()), ("lease", Text("32 hexadecimal digits.")), ("requestId", Text())),
        ["LimitBatch"] = Object(["checks"], ("checks", new OpenApiSchema { Type = JsonSchemaType.Array, MinItems = 1, MaxItems = 100, Items = Call() })),
        ["LimitAnswer"] = Answer(),
        ["LimitBatchAnswer"] = Object(["results"], ("results", new OpenApiSchema { Type = JsonSchemaType.Array, Items = Answer() })),
        ["Health"] = Object(["status"], ("status", Word("live", "ready", "degraded", "stopping")), ("engine", Text())),
        ["Problem"] = Object(
            ["type", "title", "status", "detail", "message"],
            ("type", Text()), ("title", Text()), ("status", Whole()), ("detail", Text()), ("message", Text("As detail.")),
            ("violated-policies", new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text(), Description = "The items of RateLimit-Policy that refuse." }), ("field", Text("The field at fault.")),
            ("policy", Text()), ("source", Text()), ("reason", Text()), ("opensAt", Text()), ("retryAfterMs", Whole()),
            ("queue", new OpenApiSchema { Type = JsonSchemaType.Object, Description = "Where the caller stands in line: position and etaSeconds, either of which may be null." })),
    };

    /// <summary>An object with these properties.</summary>
    internal static OpenApiSchema Object(string[] required, params (string Name, IOpenApiSchema Schema)[] properties) => new()
    {
        Type = JsonSchemaType.Object,
        Required = new HashSet<string>(required),
        Properties = properties.ToDictionary(property => property.Name, property => property.Schema),
    };

    /// <summary>A string.</summary>
    internal static OpenApiSchema Text(string? description = null) => new() { Type = JsonSchemaType.String, Description = description };

    /// <summary>An integer.</summary>
    internal static OpenApiSchema Whole(string? description = null) => new() { Type = JsonSchemaType.Integer, Description = description };

    private static OpenApiSchema Call() => Object(
        ["key"],
        ("key", Key()),
        ("cost", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "0", Maximum = 1_000_000.ToString(CultureInfo.InvariantCulture), Default = 1 }),
        ("policy", new OpenApiSchema { Type = JsonSchemaType.String, Default = "default" }),
        ("requestId", new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 64, Description = "A repeated request of this name is not charged twice." }));

    private static OpenApiSchema Answer() => Object(
        ["allowed", "remaining", "resetAtMs", "retryAfterMs", "limit", "policy", "source"],
        ("allowed", new OpenApiSchema { Type = JsonSchemaType.Boolean }),
        ("remaining", Whole("The largest cost that would be admitted next.")),
        ("resetAtMs", Whole("When the key is as good as fresh, in Unix milliseconds.")),
        ("retryAfterMs", new OpenApiSchema { Type = JsonSchemaType.Integer | JsonSchemaType.Null, Description = "The wait until the same request is admitted; null: never." }),
        ("limit", Whole()),
        ("policy", Text()),
        ("source", Word("memory", "cluster", "redis", "lease", "local")),
        ("reason", Word("limited", "costAboveCapacity", "unavailable")),
        ("message", Text()),
        ("delayMs", Whole("leakyBucket: proceed after it.")),
        ("lease", Text("concurrency: the place, to be released.")));

    private static OpenApiSchema Key() => new() { Type = JsonSchemaType.String, MinLength = 1, Description = "Whose counter: 1 to 256 bytes of UTF-8 without control characters." };

    private static OpenApiSchema Word(params string[] words) =>
        new() { Type = JsonSchemaType.String, Enum = [.. words.Select(word => (JsonNode)JsonValue.Create(word))] };
}
