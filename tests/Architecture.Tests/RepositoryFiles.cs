namespace OrleansLimiter.Architecture.Tests;

/// <summary>The files of the repository as they lie on disk, without what builds and tools put there.</summary>
internal static class RepositoryFiles
{
    // Copies and generated projects lie in these: they are output, whatever they say.
    private static readonly HashSet<string> LeftOut =
        ["bin", "obj", "artifacts", ".git", "BenchmarkDotNet.Artifacts", "TestResults", "node_modules"];

    /// <summary>The repository's folder: the nearest one above the test assembly that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The paths of all files that end in one of <paramref name="endings"/>, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> EndingIn(params string[] endings) =>
        Walk(new DirectoryInfo(Root))
            .Where(file => endings.Any(ending => file.Name.EndsWith(ending, StringComparison.Ordinal)))
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)
            .ToList();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories()
            .Where(child => child.LinkTarget is null && !LeftOut.Contains(child.Name))
            .SelectMany(Walk));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds OrleansLimiter.sln.");
    }
}
