using System.Text.Json;
using Microsoft.OpenApi;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>The description of the API is put together of what each route says where it is mapped, and of the types of bodies.</summary>
public sealed class ApiDescriptionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_a_valid_document_whose_references_lead_somewhere()
    {
        var read = OpenApiDocument.Parse(await TextAsync(), OpenApiConstants.Json);

        Assert.Equal((0, 0), (read.Diagnostic!.Errors.Count, read.Diagnostic.Warnings.Count));
        Assert.Empty(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()));
        using var document = JsonDocument.Parse(await TextAsync());
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .Select(schema => $"#/components/schemas/{schema.Name}");
        var references = ReferencesIn(document.RootElement).Distinct().ToList();
        Assert.Equal(schemas.Order(), references.Order());
    }

    [Fact]
    public async Task Every_operation_says_what_it_does_what_it_is_about_and_all_that_it_answers()
    {
        using var document = JsonDocument.Parse(await TextAsync());

        Assert.All(
            document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()),
            operation =>
            {
                Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
                Assert.Single(operation.Value.GetProperty("tags").EnumerateArray());
                var responses = operation.Value.GetProperty("responses").EnumerateObject().ToList();
                Assert.Contains(responses, response => response.Name[0] == '2');
                Assert.Contains(responses, response => response.Name == "400"); // an unknown parameter of the query
                Assert.All(responses, response => Assert.Equal(
                    operation.Name != "head" && response.Name is not ("204" or "304"), response.Value.TryGetProperty("content", out _)));
                if (operation.Value.TryGetProperty("requestBody", out var body))
                    Assert.True(body.GetProperty("required").GetBoolean() && responses.Exists(response => response.Name == "415"));
            });
    }

    [Fact]
    public async Task Bounds_defaults_words_and_what_may_be_left_out_are_the_wires()
    {
        using var document = JsonDocument.Parse(await TextAsync());
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");

        Assert.Equal("""{"maximum":1000000,"minimum":0,"type":"integer","format":"int64","default":1}""", Member("LimitCall", "cost"));
        Assert.StartsWith("""{"maxLength":64,"minLength":1,"type":"string",""", Member("LimitCall", "requestId"), StringComparison.Ordinal);
        Assert.Equal(
            """{"maxItems":100,"minItems":1,"type":"array","items":{"$ref":"#/components/schemas/LimitCall"}}""",
            Member("LimitBatch", "checks"));
        Assert.Equal("""{"enum":["limited","costAboveCapacity","unavailable"],"type":"string"}""", Member("LimitAnswer", "reason"));
        Assert.StartsWith("""{"type":["null","integer"],""", Member("LimitAnswer", "retryAfterMs"), StringComparison.Ordinal);
        Assert.Equal(["allowed", "limit", "policy", "remaining", "resetAtMs", "retryAfterMs", "source"], RequiredOf("LimitAnswer"));
        Assert.Equal(["key"], RequiredOf("LimitCall"));
        Assert.Equal(["detail", "message", "status", "title", "type"], RequiredOf("Problem"));
        Assert.Equal(["etaSeconds", "pollAfterMs", "position", "state"], RequiredOf("Queue"));
        Assert.Equal(["status"], RequiredOf("Health"));

        string Member(string schema, string name) => Compact(schemas.GetProperty(schema).GetProperty("properties").GetProperty(name));
        IEnumerable<string> RequiredOf(string schema) =>
            schemas.GetProperty(schema).GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order();
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private static IEnumerable<string> ReferencesIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.NameEquals("$ref") ? [member.Value.GetString()!] : ReferencesIn(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(ReferencesIn),
        _ => [],
    };

    private static async Task<string> TextAsync()
    {
        using var service = new TestService();
        using var client = service.Connect();
        return await client.GetStringAsync("/openapi/v1.json", Cancellation);
    }
}
