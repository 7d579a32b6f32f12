using System.Diagnostics;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>The model of leases (tests/Models) is explored, and its mutants are caught.</summary>
public sealed class LeaseModelTests
{
    [Fact]
    [Trait("Length", "long")]
    public async Task No_order_of_messages_faults_and_timers_breaks_the_invariant_and_each_mutant_does()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        foreach (var tool in (string[])["spin", "gcc"])
            Assert.SkipUnless(path.Any(folder => File.Exists(Path.Combine(folder, tool))), $"{tool} is not installed.");
        var start = new ProcessStartInfo(Path.Combine(Programs.Root, "tests", "Models", "check.sh"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var check = Process.Start(start)!;
        var output = await check.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await check.WaitForExitAsync(TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper?.WriteLine(output);
        Assert.True(check.ExitCode == 0, output);
    }
}
