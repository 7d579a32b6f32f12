using System.Text.Json;
using Xunit;

namespace OrleansLimiter.ServiceKit;

/// <summary>A response.</summary>
internal sealed record Reply(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The tokens of a good login or exchange.</summary>
    public Tokens Tokens
    {
        get
        {
            Assert.Equal(200, Status);
            return new Tokens(Json.GetProperty("accessToken").GetString()!, Json.GetProperty("refreshToken").GetString()!);
        }
    }

    /// <summary>Reads one.</summary>
    public static async Task<Reply> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), headers);
    }

    /// <summary>A header's value; null where it is not there.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A pair of tokens.</summary>
internal sealed record Tokens(string Access, string Refresh);
