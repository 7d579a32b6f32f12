using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansLimiter.AspNetCore;
using Xunit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>The smallest app that the documentation shows: it is the one that is built as <c>samples/Shop</c>, without its Redis.</summary>
public sealed class SmallestAppTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/in-your-app.md")]
    public void Its_program_and_its_settings_are_those_that_are_built(string page)
    {
        var built = RepositoryFile("samples/Shop/Program.cs").Replace("using OrleansLimiter.Engines.Redis;\n", "", StringComparison.Ordinal)
            .Replace(".AddRedisEngine()", "", StringComparison.Ordinal);

        Assert.Equal(LinesOf(built), LinesOf(FirstBlock(page, "csharp")));
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse(RepositoryFile("samples/Shop/appsettings.json")), JsonNode.Parse(FirstBlock(page, "json"))));
    }

    [Fact]
    public async Task The_eleventh_order_of_a_minute_is_refused()
    {
        using var settings = new MemoryStream(Encoding.UTF8.GetBytes(FirstBlock("README.md", "json")));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddJsonStream(settings);
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider());
        builder.AddOrleansLimiter();
        await using var app = builder.Build();
        app.MapPost("/orders", () => "ordered\n").RequireLimit("orders");
        await app.StartAsync(Cancellation);
        using var client = app.GetTestClient();

        var statuses = new List<int>();
        for (var i = 0; i < 11; i++)
        {
            using var response = await client.PostAsync(new Uri("/orders", UriKind.Relative), null, Cancellation);
            statuses.Add((int)response.StatusCode);
        }

        Assert.Equal([.. Enumerable.Repeat(200, 10), 429], statuses);
    }

    private static string[] LinesOf(string program) => program.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string FirstBlock(string page, string language) =>
        RepositoryFile(page).Split($"```{language}\n", 2)[1].Split("```", 2)[0];

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException(
                $"No folder above {AppContext.BaseDirectory} holds OrleansLimiter.sln.");
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }
}
