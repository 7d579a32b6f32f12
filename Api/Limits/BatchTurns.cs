using System.Collections.Concurrent;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// Whose turn it is to have a batch worked on: of one tenant so many at once, the others wait in line for theirs. So whoever sends batch
/// after batch on a hundred connections has a few of them under way, and everybody else's single calls come in between. Safe for use by
/// many threads.
/// </summary>
/// <param name="atOnce">How many batches of one tenant are worked on at once.</param>
/// <param name="mostWaiting">How many more of one tenant wait; a further one is turned away.</param>
internal sealed class BatchTurns(int atOnce, int mostWaiting)
{
    private readonly ConcurrentDictionary<string, Line> _lines = []; // tenants are configured: they are few

    /// <summary>Waits for a turn, which ends when it is disposed of; null where too many wait.</summary>
    /// <exception cref="OperationCanceledException">The caller went away.</exception>
    public async ValueTask<Turn?> TakeAsync(string tenant, CancellationToken cancellationToken)
    {
        var line = _lines.GetOrAdd(tenant, static (_, places) => new Line(places), atOnce);
        if (line.Places.Wait(0, CancellationToken.None))
            return new Turn(line.Places);
        try
        {
            if (Interlocked.Increment(ref line.Waiting) > mostWaiting)
                return null;
            await line.Places.WaitAsync(cancellationToken);
            return new Turn(line.Places);
        }
        finally
        {
            Interlocked.Decrement(ref line.Waiting);
        }
    }

    /// <summary>The right to have a batch worked on.</summary>
    public readonly struct Turn(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }

    private sealed class Line(int places)
    {
        public int Waiting;

        public SemaphoreSlim Places { get; } = new(places);
    }
}
