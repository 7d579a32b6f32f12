using System.IO.Compression;
using System.Reflection.Metadata;
using System.Xml.Linq;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>What is packed: which packages, what is in each, and what it asks for.</summary>
public sealed class PackageContentsTests(PackedFeed feed)
{
    [Fact]
    public void These_packages_are_made_and_no_others()
    {
        string[] libraries =
        [
            "OrleansLimiter", "OrleansLimiter.AspNetCore", "OrleansLimiter.Instrumentation", "OrleansLimiter.Orleans",
            "OrleansLimiter.Orleans.Grains", "OrleansLimiter.Redis", "OrleansLimiter.Testing",
        ];

        var expected = libraries.SelectMany(id => new[] { $"{id}.{feed.Version}.nupkg", $"{id}.{feed.Version}.snupkg" })
            .Append($"OrleansLimiter.Templates.{feed.Version}.nupkg");
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            Directory.GetFiles(feed.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("OrleansLimiter", "", "Core Engines.Memory Limiter Valve")]
    [InlineData("OrleansLimiter.AspNetCore", "OrleansLimiter", "AspNetCore")]
    [InlineData("OrleansLimiter.Redis", "OrleansLimiter", "Engines.Redis")]
    [InlineData("OrleansLimiter.Orleans", "OrleansLimiter", "Engines.Orleans Grains.Abstractions")]
    [InlineData("OrleansLimiter.Orleans.Grains", "OrleansLimiter.Orleans", "Grains")]
    [InlineData("OrleansLimiter.Instrumentation", "OrleansLimiter", "Instrumentation")]
    [InlineData("OrleansLimiter.Testing", "OrleansLimiter", "Testing")]
    public void A_package_has_its_rooms_and_depends_on_the_others_in_this_version_exactly(string id, string dependencies, string rooms)
    {
        using var package = Open($"{id}.{feed.Version}.nupkg");
        using var symbols = Open($"{id}.{feed.Version}.snupkg");
        var nuspec = NuspecOf(package, id);

        Assert.Equal(
            FilesOf(rooms, "dll", "xml"),
            FilesUnder("lib/", package));
        Assert.Equal(FilesOf(rooms, "pdb"), FilesUnder("lib/", symbols));
        var own = nuspec.Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(dependency => (Id: (string)dependency.Attribute("id")!, Version: (string)dependency.Attribute("version")!))
            .Where(dependency => dependency.Id.StartsWith("OrleansLimiter", StringComparison.Ordinal));
        Assert.Equal(Words(dependencies).Select(other => (other, $"[{feed.Version}]")), own);
    }

    [Theory]
    [InlineData("OrleansLimiter")]
    [InlineData("OrleansLimiter.AspNetCore")]
    [InlineData("OrleansLimiter.Redis")]
    [InlineData("OrleansLimiter.Orleans")]
    [InlineData("OrleansLimiter.Orleans.Grains")]
    [InlineData("OrleansLimiter.Instrumentation")]
    [InlineData("OrleansLimiter.Testing")]
    [InlineData("OrleansLimiter.Templates")]
    public void A_package_says_what_it_is(string id)
    {
        using var package = Open($"{id}.{feed.Version}.nupkg");
        var metadata = NuspecOf(package, id).Root!.Elements().Single().Elements()
            .ToLookup(element => element.Name.LocalName, element => element.Value);

        Assert.Equal([id], metadata["id"]);
        Assert.Equal(["MIT"], metadata["license"]);
        Assert.Equal(["icon.png"], metadata["icon"]);
        Assert.Equal(["README.md"], metadata["readme"]);
        Assert.Contains("rate", Assert.Single(metadata["description"]), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("rate-limiting", Assert.Single(metadata["tags"]), StringComparison.Ordinal);
        Assert.NotNull(package.GetEntry("icon.png"));
        var page = TextOf(package.GetEntry("README.md")!);
        Assert.StartsWith($"# {id}\n", page, StringComparison.Ordinal);
        Assert.Contains($"{(id == "OrleansLimiter.Templates" ? "dotnet new install" : "dotnet add package")} {id}\n", page,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_template_asks_for_the_packages_of_its_own_version()
    {
        using var package = Open($"OrleansLimiter.Templates.{feed.Version}.nupkg");
        var project = XDocument.Parse(TextOf(package.GetEntry("content/web/OrleansLimiterWeb.csproj")!));
        var asked = project.Descendants("PackageReference")
            .ToDictionary(reference => (string)reference.Attribute("Include")!, reference => (string)reference.Attribute("Version")!);

        Assert.Equal(feed.Version, asked["OrleansLimiter.AspNetCore"]);
        Assert.Equal(feed.Version, asked["OrleansLimiter.Redis"]);
        Assert.Equal(feed.Version, asked["OrleansLimiter.Orleans.Grains"]);
        Assert.Equal(Repository.VersionOf("Microsoft.Orleans.Server"), asked["Microsoft.Orleans.Server"]);
    }

    [Theory]
    [InlineData("OrleansLimiter")]
    [InlineData("OrleansLimiter.Orleans")]
    public void Symbols_do_not_tell_where_it_was_built(string id)
    {
        Assert.SkipUnless(Path.Exists(Path.Combine(Programs.Root, ".git")), "Sources are found from git's folder.");
        using var symbols = Open($"{id}.{feed.Version}.snupkg");
        foreach (var entry in symbols.Entries.Where(entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal)))
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open())
                stream.CopyTo(content);
            content.Position = 0;
            using var provider = MetadataReaderProvider.FromPortablePdbStream(content);
            var reader = provider.GetMetadataReader();
            var documents = reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)).ToList();

            Assert.NotEmpty(documents);
            Assert.All(documents, document => Assert.StartsWith("/_", document, StringComparison.Ordinal));
        }
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> FilesOf(string rooms, params string[] kinds) =>
        Words(rooms).SelectMany(room => kinds.Select(kind => $"lib/net10.0/OrleansLimiter.{room}.{kind}")).Order(StringComparer.Ordinal);

    private static IEnumerable<string> FilesUnder(string folder, ZipArchive package) =>
        package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static XDocument NuspecOf(ZipArchive package, string id) => XDocument.Parse(TextOf(package.GetEntry($"{id}.nuspec")!));

    private static string TextOf(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open());
        return reader.ReadToEnd();
    }

    private ZipArchive Open(string file) => ZipFile.OpenRead(Path.Combine(feed.Path, file));
}
