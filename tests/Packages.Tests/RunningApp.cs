using System.Globalization;
using System.Net;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>An app that was built on the packages, in a process of its own on ports of its own.</summary>
internal sealed class RunningApp : IAsyncDisposable
{
    private readonly Child _process;
    private readonly HttpClient _client;

    private RunningApp(Child process, Uri address)
    {
        _process = process;
        _client = new HttpClient { BaseAddress = address };
    }

    /// <summary>Starts the app of a folder that was built there, and waits until it serves.</summary>
    public static async Task<RunningApp> StartAsync(string folder, string name, params (string Name, string Value)[] variables)
    {
        var address = $"http://127.0.0.1:{Port()}";
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = address,
            ["SiloPort"] = Port(),
            ["GatewayPort"] = Port(),
            ["Limiter__Deadline"] = "9s", // a first call of a busy machine
            ["Limiter__Breaker__Pause"] = "10s",
        };
        foreach (var (key, value) in variables)
            environment[key] = value;
        var log = Path.Combine(folder, "app.log");
        var program = Path.Combine(folder, "bin", "Debug", "net10.0", $"{name}.dll");
        var app = new RunningApp(Child.Start(log, ["dotnet", program], environment), new Uri(address));
        await Eventually.TrueAsync($"it serves; {log}", app.ServesAsync, TestContext.Current.CancellationToken);
        return app;
    }

    /// <summary>Orders until an order is refused.</summary>
    /// <returns>How many were admitted, and what the refusal says.</returns>
    public async Task<(int Admitted, string Refusal)> OrderUntilRefusedAsync()
    {
        for (var admitted = 0; ; admitted++)
        {
            using var answer = await _client.PostAsync(new Uri("/orders", UriKind.Relative), null, TestContext.Current.CancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK)
                continue;
            Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
            return (admitted, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Checks that the eleventh order was refused, by whom: ten, and one for each six seconds that it took.</summary>
    public async Task RefusesTheEleventhOrderAsync(string source)
    {
        var (admitted, refusal) = await OrderUntilRefusedAsync();

        Assert.Contains($"\"source\":\"{source}\"", refusal, StringComparison.Ordinal);
        Assert.InRange(admitted, 10, 20);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
    }

    private static string Port() => Ports.Next().ToString(CultureInfo.InvariantCulture);

    private async Task<bool> ServesAsync()
    {
        Assert.False(_process.HasExited, "The app has ended.");
        try
        {
            using var answer = await _client.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
            return answer.StatusCode == HttpStatusCode.NotFound;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
