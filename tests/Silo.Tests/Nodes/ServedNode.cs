using System.Globalization;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>A program that serves health and metrics.</summary>
internal abstract class ServedNode(string log, string program, int port, IReadOnlyDictionary<string, string> variables)
    : Node(log, ["dotnet", program], variables)
{
    /// <summary>What the tests ask with. A request that is not answered in so long fails its test.</summary>
    protected static HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>Where it serves.</summary>
    protected Uri Address { get; } = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));

    /// <summary>The readiness: status code and body; null where nobody answers.</summary>
    public async Task<(int Status, string Body)?> HealthAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Address, "health/ready"), cancellationToken);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Waits until the readiness says this.</summary>
    public Task HealthIsAsync(int status, string body, CancellationToken cancellationToken) =>
        Eventually.EqualAsync<(int, string)?>(
            (status, body), $"readiness ({Log})", () => HealthAsync(cancellationToken), cancellationToken);

    /// <summary>The sum of a metric's series; null where it has none.</summary>
    public async Task<double?> MetricAsync(string name, CancellationToken cancellationToken)
    {
        var text = await Http.GetStringAsync(new Uri(Address, "metrics"), cancellationToken);
        var values = text.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is ' ' or '{')
            .Select(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture))
            .ToList();
        return values.Count == 0 ? null : values.Sum();
    }
}
