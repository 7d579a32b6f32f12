using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>Guesses at keys from one address: limited, and the limit ends the guessing.</summary>
public sealed class KeyGuessTests
{
    [Theory]
    [InlineData("X-Operator-Key", "dev-operator-key", "/admin/sales/11111111-1111-4111-8111-111111111111/valve", 10, 404)]
    [InlineData("X-Api-Key", "dev-free-key", "/limit/check?key=a", 30, 200)]
    public async Task Beyond_the_limit_a_right_guess_is_not_told_from_a_wrong_one(
        string header, string right, string path, int perMinute, int status)
    {
        using var service = new TestService(settings: new Dictionary<string, string> { ["Limiter:TrustedProxies:0"] = "127.0.0.1" });
        using var client = service.Connect();
        Assert.Equal(status, (await AskAsync(client, header, right, path, "192.0.2.1")).Status);
        for (var i = 0; i < perMinute; i++)
            Assert.Equal(401, (await AskAsync(client, header, $"guess {i}", path, "198.51.100.1")).Status);
        var wrong = await AskAsync(client, header, "guess", path, "198.51.100.1");
        var lucky = await AskAsync(client, header, right, path, "198.51.100.1");
        Assert.Equal((429, wrong.Body), (wrong.Status, lucky.Body));
        Assert.NotNull(lucky.Header("Retry-After"));

        // Who is at home at an address is let in there, whoever guesses beside.
        for (var i = 0; i <= perMinute; i++)
            await AskAsync(client, header, $"guess {i}", path, "192.0.2.1");
        Assert.Equal(status, (await AskAsync(client, header, right, path, "192.0.2.1")).Status);

        service.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(status, (await AskAsync(client, header, right, path, "198.51.100.1")).Status);
    }

    private static async Task<Reply> AskAsync(HttpClient client, string header, string key, string path, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation(header, key);
        request.Headers.Add("X-Forwarded-For", address);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await Reply.ReadAsync(response, TestContext.Current.CancellationToken);
    }
}
