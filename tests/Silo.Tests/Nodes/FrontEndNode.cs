using System.Net.Http.Json;
using System.Text.Json;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>The front end program. Safe for many threads, but for its life and death.</summary>
internal sealed class FrontEndNode(string log, int port, IReadOnlyDictionary<string, string> variables)
    : ServedNode(log, Programs.Api, port, variables)
{
    /// <summary>Waits until the cluster answers through it.</summary>
    public Task JoinedAsync(CancellationToken cancellationToken) =>
        HealthIsAsync(200, """{"status":"ready","engine":"cluster"}""", cancellationToken);

    /// <summary>Waits until it serves without the cluster.</summary>
    public Task DegradedAsync(CancellationToken cancellationToken) =>
        HealthIsAsync(200, """{"status":"degraded","engine":"local"}""", cancellationToken);

    /// <summary>Charges a key.</summary>
    public async Task<Answer> ChargeAsync(
        string key, string policy, CancellationToken cancellationToken, int cost = 1, string? requestId = null)
    {
        using var answer = await Http.PostAsJsonAsync(
            new Uri(Address, "limit/incr"), new { key, policy, cost, requestId }, cancellationToken);
        return await ReadAsync(answer, cancellationToken);
    }

    /// <summary>Looks at a key.</summary>
    public async Task<Answer> CheckAsync(string key, string policy, CancellationToken cancellationToken)
    {
        using var answer = await Http.GetAsync(new Uri(Address, $"limit/check?key={key}&policy={policy}&cost=0"), cancellationToken);
        return await ReadAsync(answer, cancellationToken);
    }

    /// <summary>Calls a route as an operator.</summary>
    /// <returns>The status code and the body.</returns>
    public async Task<(int Status, string Text)> OperateAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, path))
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        request.Headers.Add("X-Operator-Key", "dev-operator-key");
        using var answer = await Http.SendAsync(request, cancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>Waits until the cluster answers for all of these keys, one look at each after the other.</summary>
    public Task AllFromClusterAsync(IReadOnlyCollection<(string Key, string Policy)> keys, CancellationToken cancellationToken) =>
        Eventually.EqualAsync(
            keys.Count,
            $"keys of {keys.Count} that the cluster answers for ({Log})",
            async () =>
            {
                var answered = 0;
                foreach (var (key, policy) in keys)
                    answered += (await CheckAsync(key, policy, cancellationToken)).Source == "cluster" ? 1 : 0;
                return answered;
            },
            cancellationToken);

    private static async Task<Answer> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        using var body = JsonDocument.Parse(text);
        return new Answer(
            (int)answer.StatusCode,
            body.RootElement.TryGetProperty("source", out var source) ? source.GetString() : null,
            body.RootElement.TryGetProperty("remaining", out var remaining) ? remaining.GetInt64() : null,
            text);
    }
}
