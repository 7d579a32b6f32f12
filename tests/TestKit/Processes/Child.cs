using System.Diagnostics;

namespace OrleansLimiter.TestKit.Processes;

/// <summary>One run of a program. What it writes is added to its log. Used by one test.</summary>
internal sealed class Child : IAsyncDisposable
{
    // Writes straight to the file: a program must not wait for the tests to read. The shell becomes the program, so the number is the
    // program's.
    private const string Script = "exec \"$@\" >>\"$0\" 2>&1";

    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "DOTNET_ROOT"];

    private readonly Process _process;

    private Child(Process process) => _process = process;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The memory it holds now, in bytes (resident).</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="log">Where its output goes.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="variables">Its environment; of the tests' own it gets only what every program needs.</param>
    public static Child Start(string log, string[] command, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(
            "sh", ["-c", Script, log, .. command])
        { UseShellExecute = false, WorkingDirectory = Path.GetDirectoryName(log) };
        start.Environment.Clear();
        foreach (var name in Inherited)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                start.Environment[name] = value;
        }

        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        Reaper.Add(process.Id);
        return new Child(process);
    }

    /// <summary>Sends a signal: <c>TERM</c>, <c>STOP</c>, <c>CONT</c> or <c>KILL</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {_process.Id}"])!;
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
            throw new InvalidOperationException($"Process {_process.Id} could not be sent {signal}.");
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit status; 128 and the signal's number if a signal ended it.</returns>
    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Kills it if it runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        Reaper.Remove(_process.Id);
        _process.Dispose();
    }
}
