using System.Reflection;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>Where the programs are that the tests start.</summary>
internal static class Programs
{
    /// <summary>The repository's folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built silo.</summary>
    public static string Silo { get; } = Built("Silo/OrleansLimiter.Silo.dll");

    /// <summary>The built front end.</summary>
    public static string Api { get; } = Built("Api/OrleansLimiter.Api.dll");

    /// <summary>The Redis server that is installed; null where there is none.</summary>
    public static string? Redis { get; } = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "redis-server"))
        .FirstOrDefault(File.Exists);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is not in the repository.");
    }

    /// <summary>
    /// A program in its own output, built in the same configuration as this one: there are all files that it needs, and no others.
    /// </summary>
    private static string Built(string program)
    {
        var configuration = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        return Path.Combine(Root, Path.GetDirectoryName(program)!, "bin", configuration, "net10.0", Path.GetFileName(program));
    }
}
