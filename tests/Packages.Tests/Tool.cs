using System.Diagnostics;
using Xunit;

namespace OrleansLimiter.Packages.Tests;

/// <summary>Runs a command line tool to its end.</summary>
internal static class Tool
{
    private static readonly Dictionary<string, string> Always = new()
    {
        // Nothing that a build starts is to outlive it.
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_NOLOGO"] = "1",
    };

    /// <summary>Runs one; a status other than 0 fails the test with what it wrote.</summary>
    /// <returns>What it wrote to its output.</returns>
    public static async Task<string> RunAsync(
        string folder, Dictionary<string, string> variables, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The runner of the tests is a build tool too, and tells its children where it has its parts.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in Always.Concat(variables))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
            await process.WaitForExitAsync(Cancellation);
            var written = await output;
            Assert.True(
                process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: status {process.ExitCode}\n{written}\n{await error}");
            return written;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
