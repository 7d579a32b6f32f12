using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>What the documentation has people type for an app of their own, typed: outside the repository, on the packages.</summary>
[Trait("Length", "long")]
public sealed class DocumentedAppTests(PackedFeed feed)
{
    private const string Pack = "dotnet pack OrleansLimiter.sln -c Release -o ../feed\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/in-your-app.md")]
    public async Task The_smallest_app_refuses_the_eleventh_order(string page)
    {
        var text = Repository.Read(page);
        var commands = text.Split("```\n" + Pack, 2)[1].Split("```", 2)[0];
        var clone = Clone(page.Replace('/', '-'));
        await Tool.RunAsync(clone, feed.Variables, "bash", "-ec", commands);
        var shop = Path.Combine(clone, "..", "shop");
        await File.WriteAllTextAsync(Path.Combine(shop, "Program.cs"), Block(text, "csharp"), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(shop, "appsettings.json"), Block(text, "json"), Cancellation);

        await BuildAsync(shop);
        await using var app = await RunningApp.StartAsync(shop, "shop");
        await app.RefusesTheEleventhOrderAsync("memory");
    }

    [Fact]
    public async Task The_app_of_the_template_decides_by_its_share_while_there_is_no_Redis()
    {
        const string First = "dotnet new install ../feed/";
        var commands = First + Repository.Read("docs/in-your-app.md").Split("```\n" + First, 2)[1].Split("```", 2)[0];
        var clone = Clone("template");
        await Tool.RunAsync(clone, new(feed.Variables) { ["DOTNET_CLI_HOME"] = clone }, "bash", "-ec", commands);
        var stall = Path.Combine(clone, "..", "stall");

        await BuildAsync(stall);
        await using var app = await RunningApp.StartAsync(stall, "stall", ("REDIS_URL", "redis://127.0.0.1:1"));
        await app.RefusesTheEleventhOrderAsync("local");
    }

    [Fact]
    public async Task The_app_with_a_Redis_decides_by_its_share_while_there_is_none()
    {
        var section = Repository.Read("docs/in-your-app.md").Split("## With a Redis alone\n", 2)[1];
        var commands = section.Split("```\n", 2)[1].Split("\nEND\n", 2)[0] + "\nEND\n";
        var clone = Clone("redis-alone");
        await Tool.RunAsync(clone, feed.Variables, "bash", "-ec", commands);
        var shop = Path.Combine(clone, "..", "shop");

        await BuildAsync(shop);
        await using var app = await RunningApp.StartAsync(shop, "shop", ("REDIS_URL", "redis://127.0.0.1:1"));
        await app.RefusesTheEleventhOrderAsync("local");
    }

    private static string Block(string page, string language) => page.Split($"```{language}\n", 2)[1].Split("```", 2)[0];

    private async Task BuildAsync(string folder)
    {
        var built = await Tool.RunAsync(folder, feed.Variables, "dotnet", "build", "-nologo");
        Assert.Contains("0 Warning(s)", built, StringComparison.Ordinal);
    }

    /// <summary>An empty folder in the place of a clone, beside which the packages are.</summary>
    private string Clone(string name)
    {
        var folder = feed.NewFolder(name);
        File.Delete(Path.Combine(folder, "NuGet.config"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "feed"), feed.Path);
        return Directory.CreateDirectory(Path.Combine(folder, "clone")).FullName;
    }
}
