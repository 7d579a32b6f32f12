using System.Xml.Linq;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Packages.Tests;

/// <summary>What the repository says that the packages are made of.</summary>
internal static class Repository
{
    /// <summary>The version of a package of others.</summary>
    public static string VersionOf(string package) =>
        (string)Load("Directory.Packages.props").Descendants("PackageVersion")
            .Single(version => (string?)version.Attribute("Include") == package).Attribute("Version")!;

    /// <summary>The package that a room is in.</summary>
    /// <param name="project">The room's project, relative to the repository.</param>
    public static string PackageOf(string project) =>
        Path.GetFileNameWithoutExtension(
            Directory.GetFiles(Path.Combine(Programs.Root, "packages"), "*.csproj", SearchOption.AllDirectories).Single(file =>
                XDocument.Load(file).Descendants("ProjectReference")
                    .Any(named => (string?)named.Attribute("Include") == $"../../{project}")));

    /// <summary>A text file.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Programs.Root, path));

    /// <summary>An XML file.</summary>
    public static XDocument Load(string path) => XDocument.Parse(Read(path));
}
