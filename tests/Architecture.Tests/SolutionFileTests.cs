using Xunit;

namespace OrleansLimiter.Architecture.Tests;

public class SolutionFileTests
{
    private const string Core = "Core/OrleansLimiter.Core.csproj";
    private const string Limiter = "Limiter/OrleansLimiter.Limiter.csproj";

    private const string Solution = """
        Microsoft Visual Studio Solution File, Format Version 12.00
        Project("{FAE04EC0}") = "OrleansLimiter.Core", "Core\OrleansLimiter.Core.csproj", "{AAAA}"
        EndProject
        Project("{2150E333}") = "tests", "tests", "{CCCC}"
        EndProject
        Global
        	GlobalSection(ProjectConfigurationPlatforms) = postSolution
        		{AAAA}.Release|Any CPU.ActiveCfg = Release|Any CPU
        		{AAAA}.Release|Any CPU.Build.0 = Release|Any CPU
        	EndGlobalSection
        EndGlobal
        """;

    [Fact]
    public void A_solution_with_exactly_the_projects_on_disk_is_in_order() =>
        Assert.Empty(SolutionFile.Violations(Solution, [Core]));

    [Fact]
    public void A_project_that_the_solution_does_not_list_is_named() =>
        Assert.Equal([$"{Limiter} is not in the solution: dotnet sln add {Limiter}"], SolutionFile.Violations(Solution, [Core, Limiter]));

    [Fact]
    public void A_listed_project_that_does_not_exist_is_named() =>
        Assert.Equal([$"the solution lists {Core}, which does not exist"], SolutionFile.Violations(Solution, []));

    [Fact]
    public void A_project_that_is_listed_twice_is_named()
    {
        var line = Solution.Split('\n').Single(text => text.Contains("Core.csproj", StringComparison.Ordinal));

        Assert.Equal([$"the solution lists {Core} more than once"], SolutionFile.Violations(Solution + "\n" + line, [Core]));
    }

    [Fact]
    public void A_listed_project_that_a_Release_build_would_skip_is_named() =>
        Assert.Equal([$"the solution does not build {Core} in Release"],
            SolutionFile.Violations(
                Solution.Replace("Release|Any CPU.Build.0", "Debug|Any CPU.Build.0", StringComparison.Ordinal), [Core]));
}
