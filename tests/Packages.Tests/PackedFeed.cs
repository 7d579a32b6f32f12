using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using OrleansLimiter.Packages.Tests;
using OrleansLimiter.TestKit.Processes;
using Xunit;

[assembly: AssemblyFixture(typeof(PackedFeed))]

namespace OrleansLimiter.Packages.Tests;

/// <summary>
/// All packages, packed once from what was built, in a folder that serves as a source; under a version that nothing else has, so that no
/// cache can stand in for them. Packages of others come from the machine's own folder, or from where it is configured to get them.
/// </summary>
public sealed class PackedFeed : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanslimiter-packages.");

    /// <summary>The packages' version.</summary>
    internal string Version { get; } =
        string.Create(CultureInfo.InvariantCulture, $"0.1.{RandomNumberGenerator.GetInt32(1_000, 1_000_000_000)}");

    /// <summary>Where they lie.</summary>
    internal string Path => System.IO.Path.Combine(_folder.FullName, "feed");

    /// <summary>What a tool that restores apps is told by its environment.</summary>
    internal Dictionary<string, string> Variables { get; } = [];

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var configuration = typeof(PackedFeed).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        await Tool.RunAsync(
            Programs.Root, [], "dotnet", "pack", "OrleansLimiter.sln", "--no-build", "-c", configuration, "-o", Path,
            $"-p:PackageVersion={Version}", "-v", "q", "-nologo");
        Variables["NUGET_PACKAGES"] = System.IO.Path.Combine(_folder.FullName, "cache");
        var machines = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        if (Directory.Exists(machines))
            Variables["NUGET_FALLBACK_PACKAGES"] = machines;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>A folder for a test, beside the feed, whose one source more than the machine's is the feed.</summary>
    internal string NewFolder(string name)
    {
        var folder = _folder.CreateSubdirectory(name).FullName;
        File.WriteAllText(
            System.IO.Path.Combine(folder, "NuGet.config"),
            $"""<configuration><packageSources><add key="packed" value="{Path}" /></packageSources></configuration>""");
        return folder;
    }
}
