using System.Xml.Linq;
using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>
/// The projects of <c>packages/</c> against the rooms that they pack: each room is in one package, and a package asks for what its rooms
/// name.
/// </summary>
public class PackageTests
{
    /// <summary>What a package asks for and its rooms do not: they may not name it, and were compiled with it.</summary>
    private static readonly (string Package, string Name)[] CompiledWith = [("packages/Orleans", "StackExchange.Redis")];

    private static readonly Dictionary<string, ProjectFile> Projects = RepositoryFiles.EndingIn(".csproj")
        .Select(path => ProjectFile.Parse(path, RepositoryFiles.Read(path))).ToDictionary(file => file.Path);

    private static readonly List<Package> Packages =
        [.. Projects.Values.Where(file => file.Room.StartsWith("packages/", StringComparison.Ordinal)).Select(Package.Of)];

    [Fact]
    public void Every_room_with_a_public_surface_is_in_exactly_one_package()
    {
        var rooms = Projects.Values.Select(file => file.Path)
            .Where(path => Path.Exists(Path.Combine(RepositoryFiles.Root, Path.GetDirectoryName(path)!, "PublicAPI.Shipped.txt")));

        Assert.Equal(rooms.Order(StringComparer.Ordinal), Packages.SelectMany(package => package.Rooms).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_package_asks_for_what_its_rooms_name()
    {
        foreach (var package in Packages)
        {
            var named = package.Rooms.SelectMany(room => Named(Projects[room], NameKind.Package, NameKind.Framework))
                .Where(name => !Pattern.Matches(RoomRules.Analyzers, name))
                .Concat(CompiledWith.Where(more => more.Package == package.File.Room).Select(more => more.Name));

            Assert.Equal(
                named.Distinct().Order(StringComparer.Ordinal),
                Named(package.File, NameKind.Package, NameKind.Framework).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_package_depends_on_those_that_hold_what_its_rooms_name()
    {
        foreach (var package in Packages)
        {
            var needed = package.Rooms.SelectMany(room => Named(Projects[room], NameKind.Project)).Except(package.Rooms)
                .Select(room => Packages.Single(other => other.Rooms.Contains(room)).File.Path);

            Assert.Empty(needed.Except(Reached(package)));
        }
    }

    private static HashSet<string> Reached(Package package) =>
        [.. package.Dependencies, .. package.Dependencies.SelectMany(path => Reached(Packages.Single(other => other.File.Path == path)))];

    private static IEnumerable<string> Named(ProjectFile file, params NameKind[] kinds) =>
        file.Names.Where(name => kinds.Contains(name.Kind)).Select(name => name.Value);

    /// <param name="File">Its project.</param>
    /// <param name="Rooms">The projects of the rooms that it packs.</param>
    /// <param name="Dependencies">The projects of the packages that it depends on.</param>
    private sealed record Package(ProjectFile File, IReadOnlyList<string> Rooms, IReadOnlyList<string> Dependencies)
    {
        public static Package Of(ProjectFile file)
        {
            var packed = XDocument.Parse(RepositoryFiles.Read(file.Path)).Root!.Descendants("ProjectReference")
                .Where(reference => (string?)reference.Attribute("OutputItemType") == "PackedRoom")
                .Select(reference => Path.GetFileName((string)reference.Attribute("Include")!));
            var projects = Named(file, NameKind.Project)
                .ToLookup(path => packed.Contains(Path.GetFileName(path)) && !path.StartsWith("packages/", StringComparison.Ordinal));
            return new Package(file, [.. projects[true]], [.. projects[false]]);
        }
    }
}
