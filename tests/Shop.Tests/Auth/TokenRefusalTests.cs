using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OrleansLimiter.ServiceKit;
using Xunit;

namespace OrleansLimiter.Shop.Tests.Auth;

/// <summary>What refused access tokens write: the log is bounded and holds nothing that callers wrote.</summary>
public sealed class TokenRefusalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bad_tokens_write_one_short_line_without_a_word_of_theirs()
    {
        using var service = new TestService();
        using var client = service.Connect();
        var before = service.Log.Lines.Count;
        var header = Convert.ToBase64String(
            Encoding.ASCII.GetBytes($$"""{"alg":"HS256","typ":"at+jwt","kid":"{{new string('x', 9_000)}}planted"}""")).TrimEnd('=')
            .Replace('+', '-').Replace('/', '_');
        foreach (var token in (string[])["planted", "planted.planted.planted", $"{header}.e30.planted", new string('x', 12_000)])
        {
            for (var i = 0; i < 5; i++)
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Get, "/ticket/receipts")
                { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
                using var answer = await client.SendAsync(request, Cancellation);
                Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            }
        }

        var line = Assert.Single(service.Log.Lines.Skip(before));
        Assert.StartsWith(
            "Information OrleansLimiter.Shop.Accounts.TokenRefusals: Access tokens were refused, 1 since the last such line; the last one: "
            + "notGood.", line, StringComparison.Ordinal);
        Assert.True(line.Length < 400, line);
        Assert.Contains("orleanslimiter_tokens_refused_total{reason=\"notGood\"} 20\n",
            await client.GetStringAsync("/metrics", Cancellation), StringComparison.Ordinal);
    }
}
