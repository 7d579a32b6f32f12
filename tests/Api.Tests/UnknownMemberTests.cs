using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>A misspelt member must not be taken for one that was left out.</summary>
public sealed class UnknownMemberTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_whose_description_has_a_body_refuses_an_unknown_member_by_name()
    {
        using var service = new TestService();
        using var client = await KnownCaller.ConnectAsync(service);
        var sale = await KnownCaller.AddSaleAsync(client);
        using var description = await client.GetFromJsonAsync<JsonDocument>("/openapi/v1.json", Cancellation);

        var asked = 0;
        foreach (var path in description!.RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(operation => operation.Value.TryGetProperty("requestBody", out _)))
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Parse(operation.Name), path.Name.Replace("{id}", sale, StringComparison.Ordinal));
                request.Content = JsonContent.Create(new { nonsense = 1 });
                using var answer = await client.SendAsync(request, Cancellation);
                var text = await answer.Content.ReadAsStringAsync(Cancellation);
                Assert.True(answer.StatusCode == HttpStatusCode.BadRequest && text.Contains("nonsense", StringComparison.Ordinal),
                    $"{operation.Name} {path.Name}: {text}");
                asked++;
            }
        }

        Assert.InRange(asked, 12, 100);
    }
}
