using System.Xml.Linq;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>What a project file, or a .props or .targets file that projects share, names.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Names">All that it names.</param>
internal sealed record ProjectFile(string Path, IReadOnlyList<Name> Names)
{
    /// <summary>The folder that holds the file; empty for the root of the repository.</summary>
    public string Room { get; } = FolderOf(Path);

    public bool IsProject { get; } = Path.EndsWith(".csproj", StringComparison.Ordinal);

    public static ProjectFile Parse(string path, string xml)
    {
        var root = XDocument.Parse(xml).Root!;
        var folder = FolderOf(path);
        var sdks = root.DescendantsAndSelf()
            .Where(element => element == root || element.Name.LocalName is "Sdk" or "Import")
            .SelectMany(element => Split(element.Attribute(element.Name.LocalName == "Sdk" ? "Name" : "Sdk")))
            .Select(sdk => new Name(NameKind.Sdk, sdk.Split('/')[0]));
        var items = root.Descendants().Where(element => element.Attribute("Include") is not null)
            .SelectMany(element => Split(element.Attribute("Include")).Select(value => Item(element, value, folder)))
            .OfType<Name>();
        return new ProjectFile(path, [.. sdks, .. items]);
    }

    private static Name? Item(XElement element, string value, string folder) =>
        element.Name.LocalName switch
        {
            "ProjectReference" => new Name(NameKind.Project, Resolve(folder, value)),
            "PackageReference" or "GlobalPackageReference" or "PackageDownload" => new Name(NameKind.Package, value),
            "FrameworkReference" => new Name(NameKind.Framework, value),
            "Reference" => new Name(NameKind.Assembly, value),
            "Compile" when !LiesIn(folder, value) => new Name(NameKind.ForeignSource, Resolve(folder, value)),
            _ => null,
        };

    private static string[] Split(XAttribute? attribute) =>
        ((string?)attribute ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string FolderOf(string path) => path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";

    // What a property stands for is not known here, so a path with one counts as lying elsewhere.
    private static bool LiesIn(string folder, string value) =>
        !value.Contains("$(", StringComparison.Ordinal) && Resolve(folder, value).StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>The path <paramref name="relative"/> as seen from the root; MSBuild properties stay as they are spelt.</summary>
    private static string Resolve(string folder, string relative)
    {
        var parts = new List<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in relative.Replace('\\', '/').Split('/'))
        {
            if (part == ".." && parts.Count > 0 && parts[^1] != "..")
                parts.RemoveAt(parts.Count - 1);
            else if (part is not "." and not "")
                parts.Add(part);
        }

        return string.Join('/', parts);
    }
}
