using System.Net.Http.Json;
using System.Text.Json;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Unknown parameters of the query, on every route that the description names.</summary>
public sealed class UnknownQueryTests
{
    private const string Nobodys = "00000000-0000-0000-0000-000000000000";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_operation_refuses_a_parameter_that_its_description_does_not_name_and_lists_those_that_it_does()
    {
        using var service = new TestService();
        using var client = await KnownCaller.ConnectAsync(service);
        using var document = JsonDocument.Parse(await client.GetStringAsync("/openapi/v1.json", Cancellation));

        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var asked = $"{operation.Name} {path.Name}";
                var parameters = operation.Value.TryGetProperty("parameters", out var all) ? all.EnumerateArray()
                    .Where(one => one.GetProperty("in").GetString() == "query").Select(one => one.GetProperty("name").GetString()!)
                    .ToList() : [];
                Assert.True(operation.Value.GetProperty("responses").TryGetProperty("400", out _), asked);
                using var request = new HttpRequestMessage(HttpMethod.Parse(operation.Name), PathOf(path.Name) + "?satus=1");
                using var answer = await client.SendAsync(request, Cancellation);
                Assert.True((int)answer.StatusCode == 400, $"{asked}: {answer.StatusCode}");
                Assert.False(answer.Headers.Contains("RateLimit"), asked); // nothing was charged
                if (operation.Name == "head")
                    continue;
                var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
                var known = parameters.Count == 0 ? "nothing" : string.Join(", ", parameters);
                Assert.Equal($"satus is unknown: the query may hold {known}.", problem.GetProperty("message").GetString());
                Assert.Equal("satus", problem.GetProperty("field").GetString());
            }
        }
    }

    [Theory]
    [InlineData("POST", "/ticket/pay-ticket")]
    [InlineData("POST", "/admin/sales")]
    [InlineData("POST", "/admin/dev/users")]
    [InlineData("GET", "/admin/sales/" + Nobodys + "/valve")]
    public async Task Who_may_not_call_hears_that_first(string method, string path)
    {
        using var service = new TestService();
        using var client = service.Connect();
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), path + "?x=1");
        using var answer = await client.SendAsync(request, Cancellation);
        Assert.Equal(401, (int)answer.StatusCode);
    }

    private static string PathOf(string path) =>
        path.Replace("{id}", Nobodys, StringComparison.Ordinal).Replace("{policy}", "default", StringComparison.Ordinal)
        .Replace("{key}", "k", StringComparison.Ordinal);
}
