using System.Collections.Concurrent;
using Xunit;

namespace OrleansLimiter.Silo.Tests.Nodes;

/// <summary>Requests at a steady rate, whatever becomes of them, until it is ended. Used by one test.</summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentQueue<Answer> _answers = new();
    private readonly Task _running;

    private Load(FrontEndNode[] frontEnds, IReadOnlyList<(string Key, string Policy)> keys) => _running = RunAsync(frontEnds, keys);

    /// <summary>Begins: a hundred requests a second, key by key, front end by front end.</summary>
    public static Load Begin(IReadOnlyList<(string Key, string Policy)> keys, params FrontEndNode[] frontEnds) => new(frontEnds, keys);

    /// <summary>Ends it. Every request must have come to a decision: 200 or 429, by the cluster or in its place.</summary>
    /// <returns>How many the cluster decided, and how many were decided in its place.</returns>
    public async Task<(int Cluster, int Local)> EndAsync()
    {
        await _ending.CancelAsync();
        await _running;
        Assert.All(_answers, answer => Assert.True(answer.IsDecision, $"{answer.Status} {answer.Text}"));
        return (_answers.Count(answer => answer.Source == "cluster"), _answers.Count(answer => answer.Source == "local"));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task RunAsync(FrontEndNode[] frontEnds, IReadOnlyList<(string Key, string Policy)> keys)
    {
        using var timer = new PeriodicTimer(Period);
        var asked = new List<Task>();
        for (var i = 0; !_ending.IsCancellationRequested; i++)
        {
            asked.Add(AskAsync(frontEnds[i % frontEnds.Length], keys[i / frontEnds.Length % keys.Count]));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        await Task.WhenAll(asked);
    }

    private async Task AskAsync(FrontEndNode frontEnd, (string Key, string Policy) key) =>
        _answers.Enqueue(await frontEnd.ChargeAsync(key.Key, key.Policy, CancellationToken.None));
}
