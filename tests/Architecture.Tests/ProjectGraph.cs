namespace OrleansLimiter.Architecture.Tests;

/// <summary>Checks what project files name against <see cref="RoomRules"/>.</summary>
internal static class ProjectGraph
{
    private const string PlainSdk = "Microsoft.NET.Sdk";

    /// <summary>One sentence for each thing that is named and may not be; empty if all is well.</summary>
    public static IReadOnlyList<string> Violations(IReadOnlyCollection<ProjectFile> files) =>
        files.SelectMany(file => Violations(file, files)).ToList();

    private static IEnumerable<string> Violations(ProjectFile file, IReadOnlyCollection<ProjectFile> files)
    {
        if (RoomRules.For(file) is not { } rule)
            return [$"{file.Path}: the room '{file.Room}' has no rule; say in {RoomRules.Where} what it may name"];

        return file.Names
            .Select(name => OfRule(rule, name, files) ?? OfFamilies(file, rule, name))
            .OfType<string>()
            .Select(complaint => $"{file.Path} {complaint} (the rules are in {RoomRules.Where})");
    }

    private static string? OfRule(RoomRule rule, Name name, IReadOnlyCollection<ProjectFile> files) => name.Kind switch
    {
        NameKind.Project when files.All(file => file.Path != name.Value) =>
            $"names the project {name.Value}, which does not exist as spelt",
        NameKind.Project when !rule.AllowsRoom(RoomOf(name)) =>
            $"names the project {name.Value}; {rule.Room} may name {Listed(rule.Rooms, "no room")}",
        NameKind.Package when !rule.AllowsPackage(name.Value) && !Pattern.Matches(RoomRules.Analyzers, name.Value) =>
            $"names the package {name.Value}; {rule.Room} may name {Listed(rule.Packages, "no package")}",
        NameKind.Framework or NameKind.Sdk when name.Value != PlainSdk
            && !RoomRules.Families.Any(family => Pattern.Matches(family.Names, name.Value)) =>
            $"names {name.Value}, which no rule knows",
        NameKind.Assembly => $"names the assembly {name.Value}; name its project or package instead",
        NameKind.ForeignSource => $"compiles {name.Value}, which is not in its own folder; name its project instead",
        _ => null,
    };

    private static string? OfFamilies(ProjectFile file, RoomRule rule, Name name)
    {
        if (name.Kind is not (NameKind.Package or NameKind.Framework or NameKind.Sdk))
            return null;
        var rooms = file.Names.Where(_ => rule.FamiliesOfNamedRooms)
            .Where(other => other.Kind == NameKind.Project).Select(RoomOf).Append(file.Room);
        var closed = RoomRules.Families.FirstOrDefault(family =>
            Pattern.Matches(family.Names, name.Value) && !rooms.Any(room => Pattern.Matches(family.Rooms, room)));
        return closed is null ? null
            : $"names {name.Value}; {closed.Title} is for {Listed(closed.Rooms, "nobody")} and their tests alone";
    }

    private static string RoomOf(Name project) => project.Value[..Math.Max(0, project.Value.LastIndexOf('/'))];

    private static string Listed(string[] patterns, string nothing) => patterns.Length == 0 ? nothing : string.Join(", ", patterns);
}
