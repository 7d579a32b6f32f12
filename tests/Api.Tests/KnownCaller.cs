using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>A caller whom every route lets in: a tenant, an operator and a user of the shop at once.</summary>
internal static class KnownCaller
{
    /// <summary>A client of the service's port that shows all three.</summary>
    public static async Task<HttpClient> ConnectAsync(TestService service)
    {
        var client = service.Connect();
        client.DefaultRequestHeaders.Add("X-Api-Key", "dev-free-key");
        client.DefaultRequestHeaders.Add("X-Operator-Key", "dev-operator-key");
        var made = await MakeAsync(client, "/admin/dev/users", new { count = 1 });
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", made.GetProperty("users")[0].GetProperty("accessToken").GetString());
        return client;
    }

    /// <summary>Has the shop make a sale.</summary>
    /// <returns>Its id.</returns>
    public static async Task<string> AddSaleAsync(HttpClient client) =>
        (await MakeAsync(client, "/admin/dev/sales", new { tickets = 1 })).GetProperty("id").GetString()!;

    private static async Task<JsonElement> MakeAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}
