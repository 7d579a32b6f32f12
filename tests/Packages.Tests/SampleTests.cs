using System.Xml.Linq;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>The samples, built outside the repository on the packages in place of the projects.</summary>
[Trait("Length", "long")]
public sealed class SampleTests(PackedFeed feed)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shop_decides_by_its_share_while_there_is_no_Redis()
    {
        var folder = await BuildAsync("Shop");
        await using var app = await RunningApp.StartAsync(folder, "OrleansLimiter.Samples.Shop", ("REDIS_URL", "redis://127.0.0.1:1"));

        await app.RefusesTheEleventhOrderAsync("local");
    }

    [Fact]
    public async Task The_Orleans_app_is_limited_by_its_own_silo()
    {
        await using var app = await RunningApp.StartAsync(await BuildAsync("OrleansApp"), "OrleansLimiter.Samples.OrleansApp");

        await app.RefusesTheEleventhOrderAsync("cluster");
    }

    [Fact]
    public async Task The_worker_sends_two_mails_of_three()
    {
        var folder = await BuildAsync("Worker");

        var written = await Tool.RunAsync(
            folder, [], "dotnet", Path.Combine("bin", "Debug", "net10.0", "OrleansLimiter.Samples.Worker.dll"));
        var lines = written.Split('\n');
        Assert.Equal(["mail 1 sent", "mail 2 sent"], lines.Where(line => line.EndsWith(" sent", StringComparison.Ordinal)));
        Assert.Single(lines, line => line.StartsWith("mail 3 not before 00:00:", StringComparison.Ordinal));
    }

    /// <summary>
    /// Builds a sample as an app of somebody else's: with the packages of the rooms that it names, and none of the repository's settings.
    /// </summary>
    private async Task<string> BuildAsync(string sample)
    {
        var folder = feed.NewFolder(sample);
        foreach (var file in Directory.GetFiles(Path.Combine(Programs.Root, "samples", sample)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var path = Path.Combine(folder, $"OrleansLimiter.Samples.{sample}.csproj");
        var project = XDocument.Load(path);
        foreach (var reference in project.Descendants("ProjectReference").ToList())
        {
            var package = Repository.PackageOf(((string)reference.Attribute("Include")!)["../../".Length..]);
            reference.ReplaceWith(
                new XElement("PackageReference", new XAttribute("Include", package), new XAttribute("Version", feed.Version)));
        }

        foreach (var reference in project.Descendants("PackageReference").Where(reference => reference.Attribute("Version") is null))
            reference.SetAttributeValue("Version", Repository.VersionOf((string)reference.Attribute("Include")!));
        project.Root!.Add(new XElement("PropertyGroup",
            new XElement("TargetFramework", "net10.0"), new XElement("Nullable", "enable"), new XElement("ImplicitUsings", "enable")));
        await using (var stream = File.Create(path))
            await project.SaveAsync(stream, SaveOptions.None, Cancellation);
        var built = await Tool.RunAsync(folder, feed.Variables, "dotnet", "build", "-nologo");
        Assert.Contains("0 Warning(s)", built, StringComparison.Ordinal);
        return folder;
    }
}
