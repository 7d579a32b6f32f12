using System.Diagnostics;
using OrleansLimiter.TestKit.Processes;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>A program with its ports, its settings and its log, which can die and come back. Used by one test.</summary>
internal abstract class Node(string log, string[] command, IReadOnlyDictionary<string, string> variables) : IAsyncDisposable
{
    private Child? _child;

    /// <summary>What it wrote, over all its runs.</summary>
    public string Log => log;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => Running.HasExited;

    private Child Running => _child ?? throw new InvalidOperationException("It was not started.");

    /// <summary>Starts it, and does not wait.</summary>
    public async Task StartAsync()
    {
        await DisposeAsync();
        _child = Child.Start(log, command, variables);
    }

    /// <summary>Kills it, as a crash would.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        await Running.SignalAsync("KILL");
        await Running.ExitAsync(cancellationToken);
    }

    /// <summary>Takes its time away: it holds its connections and does nothing.</summary>
    public Task FreezeAsync() => Running.SignalAsync("STOP");

    /// <summary>Lets it run again.</summary>
    public Task ThawAsync() => Running.SignalAsync("CONT");

    /// <summary>Tells it to stop.</summary>
    /// <returns>Its exit status, and how long it took.</returns>
    public async Task<(int Status, TimeSpan Took)> StopAsync(CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await Running.SignalAsync("TERM");
        return (await Running.ExitAsync(cancellationToken), watch.Elapsed);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit status.</returns>
    public Task<int> ExitAsync(CancellationToken cancellationToken) => Running.ExitAsync(cancellationToken);

    /// <summary>Runs the program once more beside itself, with an argument more.</summary>
    /// <returns>The exit status.</returns>
    public async Task<int> RunBesideAsync(string argument, CancellationToken cancellationToken)
    {
        await using var beside = Child.Start(log, [.. command, argument], variables);
        return await beside.ExitAsync(cancellationToken);
    }

    /// <summary>How often it has written a text.</summary>
    public int CountInLog(string text) => File.Exists(log) ? File.ReadAllText(log).Split(text).Length - 1 : 0;

    /// <summary>Kills it if it runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_child is { } last)
            await last.DisposeAsync();
        _child = null;
    }
}
