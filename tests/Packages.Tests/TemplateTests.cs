using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>The template, as <c>dotnet new</c> makes an app of it: outside the repository, on the packages.</summary>
public sealed class TemplateTests(PackedFeed feed)
{
    [Fact]
    public async Task An_app_of_the_template_builds_and_refuses_the_eleventh_order() =>
        await RefusesTheEleventhOrderAsync("memory", "memory");

    [Theory]
    [InlineData("orleans", "cluster")]
    [InlineData("redis", "local")] // there is none: the app decides with its share, which is all of it
    [Trait("Length", "long")]
    public async Task So_does_one_with_another_engine(string engine, string source) => await RefusesTheEleventhOrderAsync(engine, source);

    private async Task RefusesTheEleventhOrderAsync(string engine, string source)
    {
        var folder = feed.NewFolder($"template-{engine}");
        var hive = Path.Combine(folder, "hive");
        var shop = Path.Combine(folder, "shop");
        var templates = Path.Combine(feed.Path, $"OrleansLimiter.Templates.{feed.Version}.nupkg");
        await NewAsync("install", templates);
        await NewAsync("orleanslimiter-web", "-o", shop, "--engine", engine);
        var program = await File.ReadAllTextAsync(Path.Combine(shop, "Program.cs"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("#if", program, StringComparison.Ordinal);
        var built = await Tool.RunAsync(shop, feed.Variables, "dotnet", "build", "-nologo");
        Assert.Contains("0 Warning(s)", built, StringComparison.Ordinal);

        await using var app = await RunningApp.StartAsync(shop, "shop", ("REDIS_URL", "redis://127.0.0.1:1"));
        await app.RefusesTheEleventhOrderAsync(source);

        Task<string> NewAsync(params string[] arguments) =>
            Tool.RunAsync(folder, feed.Variables, "dotnet", ["new", .. arguments, "--debug:custom-hive", hive]);
    }
}
