using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Api.Description;

/// <summary>How types of bodies become schemas, where the framework's own way differs from the wire.</summary>
internal static class SchemaRules
{
    // What the framework notes of a member whose schema stands elsewhere, and makes "this or null" of.
    private const string NullableMark = "x-is-nullable-property";

    // What types are called in code, and not in the document; the longest first.
    private static readonly string[] Endings = ["ReplyBody", "Reply", "Body", "Answer"];

    /// <summary>
    /// A schema's name: the type's without its ending, as in <c>Sale</c> for <c>SaleReply</c>; null for what stands in place.
    /// </summary>
    public static string? NameOf(JsonTypeInfo type)
    {
        var name = OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        var ending = name is null ? null : Array.Find(Endings, name.EndsWith);
        return ending is null ? name : name![..^ending.Length];
    }

    public static Task CompleteAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (AttributeOf<AllowedValuesAttribute>(context.JsonPropertyInfo) is { } words)
            schema.Enum = [.. words.Values.Select(word => (JsonNode)JsonValue.Create((string)word!))];
        if (context.JsonTypeInfo.Kind == JsonTypeInfoKind.Object)
            Complete(schema, context.JsonTypeInfo.Properties);
        if (context.JsonTypeInfo.Type == typeof(Problem))
            AddShopMembers(schema);
        return Task.CompletedTask;
    }

    /// <summary>The members that the shop's problems have beside those of every problem.</summary>
    private static void AddShopMembers(OpenApiSchema schema)
    {
        schema.AdditionalProperties = null;
        schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
        schema.Properties["opensAt"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Format = "date-time",
            Description = "When the sale begins, in UTC.",
        };
        schema.Properties["queue"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "Where the caller stands in line.",
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["position"] = new OpenApiSchema { Type = JsonSchemaType.Integer | JsonSchemaType.Null, Format = "int32", Minimum = "1" },
                ["etaSeconds"] = new OpenApiSchema { Type = JsonSchemaType.Integer | JsonSchemaType.Null, Format = "int64", Minimum = "0" },
            },
            Required = new HashSet<string> { "position", "etaSeconds" },
        };
    }

    /// <summary>A member that may be null is left out then, both ways, unless it is one that is always written.</summary>
    private static void Complete(OpenApiSchema schema, IList<JsonPropertyInfo> members)
    {
        var required = new HashSet<string>();
        foreach (var member in members)
        {
            if (schema.Properties?.TryGetValue(member.Name, out var its) != true || its is not OpenApiSchema property)
                continue;
            var isAlwaysWritten = AttributeOf<JsonIgnoreAttribute>(member) is { Condition: JsonIgnoreCondition.Never };
            if (isAlwaysWritten || !member.IsGetNullable || AttributeOf<RequiredAttribute>(member) is not null)
                required.Add(member.Name);
            if (isAlwaysWritten && member.IsGetNullable)
                continue;
            property.Type &= ~JsonSchemaType.Null;
            property.Metadata?.Remove(NullableMark);
        }

        schema.Required = required.Count > 0 ? required : null;
    }

    private static T? AttributeOf<T>(JsonPropertyInfo? member)
        where T : Attribute => member?.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();
}
