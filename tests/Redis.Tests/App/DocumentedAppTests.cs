using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Engines.Redis;
using Xunit;

namespace OrleansLimiter.Redis.Tests.App;

/// <summary>
/// The section of docs/in-your-app.md for whoever has only a Redis: what it has people copy is what is built and run here.
/// </summary>
public sealed class DocumentedAppTests
{
    private const string Heading = "## With a Redis alone";
    private const int MostLines = 15;

    private static readonly string[] Section = [
        .. RepositoryFile("docs/in-your-app.md").Split('\n').SkipWhile(line => line != Heading).Skip(1)
        .TakeWhile(line => !line.StartsWith('#'))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void It_is_short() => Assert.InRange(Section.Length, 2, MostLines);

    [Fact]
    public void Its_program_its_settings_and_its_packages_are_those_of_the_sample()
    {
        var program = Section.SkipWhile(line => !line.Contains("cat >Program.cs <<'END'", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => line != "END");
        var settings = Assert.Single(Section, line => line.Contains("' >appsettings.json;", StringComparison.Ordinal));
        var packages = Assert.Single(Section, line => line.Contains("dotnet add package ", StringComparison.Ordinal))
            .Split("dotnet add package ").Skip(1).Select(part => part.Split(' ')[0]);

        Assert.Equal(RepositoryFile("samples/Shop/Program.cs"), string.Join('\n', program) + "\n");
        Assert.Equal(RepositoryFile("samples/Shop/appsettings.json"), settings.Split('\'')[1] + "\n");
        Assert.Equal(
            packages.SelectMany(package => ReferencesOf($"packages/{package["OrleansLimiter.".Length..]}/{package}.csproj"))
                .Where(reference => reference.StartsWith("../../", StringComparison.Ordinal)), // the rooms, not other packages
            ReferencesOf("samples/Shop/OrleansLimiter.Samples.Shop.csproj"));
    }

    [Fact]
    public async Task Its_app_is_limited_by_the_Redis_and_by_its_own_share_when_that_is_killed()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = new Shop(server);
        using var client = new HttpClient { BaseAddress = app.Address };

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TestEngine.Limit);
        await Poll.UntilAsync(() => Task.FromResult(app.IsConnected), limit.Token);
        var admitted = 0;
        var answer = await OrderAsync(client);
        for (; answer.Status == HttpStatusCode.OK; answer = await OrderAsync(client))
            admitted++;
        Assert.InRange(admitted, 10, 20); // ten, and one for each six seconds that it took
        Assert.Equal((HttpStatusCode.TooManyRequests, "redis"), answer);

        await server.KillAsync();
        await Poll.UntilAsync(async () => await OrderAsync(client) == (HttpStatusCode.TooManyRequests, "local"), limit.Token);
    }

    private static IEnumerable<string> ReferencesOf(string project) =>
        XDocument.Parse(RepositoryFile(project)).Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value);

    private static async Task<(HttpStatusCode Status, string? Source)> OrderAsync(HttpClient client)
    {
        using var answer = await client.PostAsync(new Uri("/orders", UriKind.Relative), null, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        if (answer.IsSuccessStatusCode)
            return (answer.StatusCode, null);
        using var problem = JsonDocument.Parse(text);
        return (answer.StatusCode, problem.RootElement.GetProperty("source").GetString());
    }

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException(
                $"No folder above {AppContext.BaseDirectory} holds OrleansLimiter.sln.");
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }

    /// <summary>The sample on its real server and a free port.</summary>
    private sealed class Shop : WebApplicationFactory<Program>
    {
        private readonly RedisServer _redis;

        public Shop(RedisServer redis)
        {
            _redis = redis;
            UseKestrel(0);
            StartServer();
        }

        public Uri Address => ClientOptions.BaseAddress;

        public bool IsConnected => Services.GetRequiredService<RedisEngine>().Connection.IsConnected;

        // As patient as may be: where a machine is busy, the app itself would decide after 150 ms.
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder
            .UseSetting("REDIS_URL", $"redis://{_redis.Address}")
            .UseSetting("Limiter:Deadline", "10s")
            .UseSetting("Limiter:Breaker:Pause", "10s");
    }
}
