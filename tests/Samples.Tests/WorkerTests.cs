using System.Diagnostics;
using Xunit;

namespace OrleansLimiter.Samples.Tests;

/// <summary>The worker that the documentation shows, in a process of its own: a host without HTTP.</summary>
public sealed class WorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")] // where a host builds every service at the start
    public async Task The_third_mail_of_a_minute_has_to_wait(string environment)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansLimiter.Samples.Worker.dll")])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        start.Environment["DOTNET_ENVIRONMENT"] = environment;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Patience);
        using var worker = Process.Start(start)!;
        try
        {
            var lines = (await worker.StandardOutput.ReadToEndAsync(limit.Token)).Split('\n');
            await worker.WaitForExitAsync(limit.Token);

            Assert.Equal(0, worker.ExitCode);
            Assert.Equal(["mail 1 sent", "mail 2 sent"], lines.Where(line => line.EndsWith(" sent", StringComparison.Ordinal)));
            Assert.Single(lines, line => line.StartsWith("mail 3 not before 00:00:", StringComparison.Ordinal));
        }
        finally
        {
            if (!worker.HasExited)
                worker.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void The_documentation_shows_it_word_for_word()
    {
        var section = RepositoryFile("docs/in-your-app.md").Split("## One decision in code\n", 2)[1];
        Assert.Equal(RepositoryFile("samples/Worker/Program.cs"), section.Split("```csharp\n", 2)[1].Split("```", 2)[0]);
    }

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansLimiter.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds OrleansLimiter.sln.");
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }
}
