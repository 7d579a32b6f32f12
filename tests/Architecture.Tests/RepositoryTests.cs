using Xunit;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>The repository as it is, held against the rules.</summary>
public class RepositoryTests
{
    private static readonly IReadOnlyList<string> Projects = RepositoryFiles.EndingIn(".csproj");

    [Fact]
    public void No_project_names_what_its_room_may_not()
    {
        var files = Projects.Concat(RepositoryFiles.EndingIn(".props", ".targets"))
            .Select(path => ProjectFile.Parse(path, RepositoryFiles.Read(path))).ToList();

        None(ProjectGraph.Violations(files));
        Assert.Contains("Core", files.Select(file => file.Room));
        Assert.Contains("Directory.Build.targets", files.Select(file => file.Path));
        Assert.Contains(files, file => file.Names.Any(name => name.Kind == NameKind.Project));
    }

    [Fact]
    public void The_solution_lists_and_builds_every_project() =>
        None(SolutionFile.Violations(RepositoryFiles.Read("OrleansLimiter.sln"), Projects));

    [Fact]
    public void No_source_outside_the_tests_is_left_unfinished()
    {
        var sources = RepositoryFiles.EndingIn(".cs").Where(path => !path.StartsWith("tests/", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(sources);
        None([.. sources.SelectMany(path => SourceText.Violations(path, RepositoryFiles.Read(path)))]);
    }

    private static void None(IReadOnlyList<string> violations) =>
        Assert.True(violations.Count == 0, string.Join(Environment.NewLine, violations));
}
