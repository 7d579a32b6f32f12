using System.Text.RegularExpressions;

namespace OrleansLimiter.Architecture.Tests;

/// <summary>Checks that a classic solution file lists exactly the projects on disk, and builds each of them in Release.</summary>
internal static partial class SolutionFile
{
    /// <summary>One sentence for each project that is missing, dangling or not built; empty if all is well.</summary>
    public static IReadOnlyList<string> Violations(string solution, IReadOnlyCollection<string> projects)
    {
        var listed = ProjectLine().Matches(solution)
            .Select(line => (Path: line.Groups["path"].Value.Replace('\\', '/'), Guid: line.Groups["guid"].Value))
            .ToList();
        return
        [
            .. projects.Except(listed.Select(entry => entry.Path))
                .Select(path => $"{path} is not in the solution: dotnet sln add {path}"),
            .. listed.Where(entry => !projects.Contains(entry.Path))
                .Select(entry => $"the solution lists {entry.Path}, which does not exist"),
            .. listed.GroupBy(entry => entry.Path).Where(entries => entries.Count() > 1)
                .Select(entries => $"the solution lists {entries.Key} more than once"),
            .. listed.Where(entry => !solution.Contains($"{entry.Guid}.Release|Any CPU.Build.0", StringComparison.Ordinal))
                .Select(entry => $"the solution does not build {entry.Path} in Release"),
        ];
    }

    [GeneratedRegex(@"^Project\(""[^""]*""\) = ""[^""]*"", ""(?<path>[^""]*\.csproj)"", ""(?<guid>[^""]*)""", RegexOptions.Multiline)]
    private static partial Regex ProjectLine();
}
