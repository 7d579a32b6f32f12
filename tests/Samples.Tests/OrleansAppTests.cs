using System.Diagnostics;
using System.Globalization;
using System.Net;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>The Orleans app that the documentation shows, in a process of its own: its silo hosts the limits' grains.</summary>
public sealed class OrleansAppTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_own_silo_decides_and_the_eleventh_order_is_refused()
    {
        var (http, silo, gateway) = (Ports.Next(), Ports.Next(), Ports.Next());
        var start = new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansLimiter.Samples.OrleansApp.dll")])
        {
            WorkingDirectory =
            AppContext.BaseDirectory
        };
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{Text(http)}";
        start.Environment["SiloPort"] = Text(silo);
        start.Environment["GatewayPort"] = Text(gateway);
        start.Environment["Limiter__Deadline"] = "9s"; // a first call of a busy machine
        start.Environment["Limiter__Breaker__Pause"] = "10s";
        using var app = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Text(http)}") };
            await Eventually.TrueAsync("it serves", () => ServesAsync(client), Cancellation);
            var admitted = 0;
            var answer = await OrderAsync(client);
            for (; answer.Status == HttpStatusCode.OK; answer = await OrderAsync(client))
                admitted++;

            Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
            Assert.Contains("\"source\":\"cluster\"", answer.Body, StringComparison.Ordinal);
            Assert.InRange(admitted, 10, 20); // ten, and one for each six seconds that it took
        }
        finally
        {
            app.Kill(entireProcessTree: true);
            await app.WaitForExitAsync(Cancellation);
        }
    }

    [Fact]
    public void The_documentation_shows_it_word_for_word()
    {
        var section = RepositoryFile("docs/in-your-app.md").Split("## In an Orleans app of your own\n", 2)[1];
        Assert.Equal(RepositoryFile("samples/OrleansApp/Program.cs"), section.Split("```csharp\n", 2)[1].Split("```", 2)[0]);
    }

    private static async Task<bool> ServesAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/", UriKind.Relative), Cancellation);
            return answer.StatusCode == HttpStatusCode.NotFound;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<(HttpStatusCode Status, string Body)> OrderAsync(HttpClient client)
    {
        using var answer = await client.PostAsync(new Uri("/orders", UriKind.Relative), null, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds OrleansLimiter.sln.");
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }
}
