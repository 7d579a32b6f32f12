using System.Diagnostics;

namespace OrleansLimiter.Shop.Data;

/// <summary>
/// The writers of this process on their way to the database: so many at once, the others wait here, in order. What finishes work that has
/// begun goes first and is never turned away; new work is, as soon as it would wait too long at the pace of now, so that a machine without
/// time to write answers early instead of late. Safe for use by many threads.
/// </summary>
/// <param name="atOnce">How many write at a time.</param>
/// <param name="time">Measures how long they take.</param>
internal sealed class WriterQueue(int atOnce, TimeProvider time)
{
    /// <summary>The longest that new work waits for its turn.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    /// <summary>The most new work that waits, however fast the others are.</summary>
    public const int MostWaiting = 1_000;

    private const int TurnsAveraged = 8;

    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<WriterTurn>> _begun = [];
    private readonly Queue<TaskCompletionSource<WriterTurn>> _new = []; // with those who have given up since, until it is their turn
    private readonly HashSet<WriterTurn> _writing = [];
    private TimeSpan _average;

    /// <summary>Waits for a turn, to be disposed of when the writing is over.</summary>
    /// <param name="isNew">Whether this is new work, which may be turned away; else it finishes what has begun.</param>
    /// <exception cref="DatabaseBusyException">New work would wait too long, or has.</exception>
    public ValueTask<WriterTurn> EnterAsync(bool isNew)
    {
        lock (_gate)
        {
            if (_writing.Count < atOnce)
                return new(Begin());
            var turn = new TaskCompletionSource<WriterTurn>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!isNew)
            {
                _begun.Enqueue(turn);
                return new(turn.Task);
            }

            var expected = ExpectedWait();
            if (_new.Count >= MostWaiting || expected > LongestWait)
                throw new DatabaseBusyException(expected);
            _new.Enqueue(turn);
            return WaitAsync(turn);
        }
    }

    /// <summary>Ends a turn, and gives it to the next.</summary>
    internal void End(WriterTurn turn)
    {
        lock (_gate)
        {
            Debug.Assert(_writing.Contains(turn), "A turn ends once.");
            _writing.Remove(turn);
            _average += (time.GetElapsedTime(turn.BeganAt) - _average) / TurnsAveraged;
            while (_begun.TryDequeue(out var next) || _new.TryDequeue(out next))
            {
                var begun = Begin();
                if (next.TrySetResult(begun))
                    return;
                _writing.Remove(begun); // it has given up
            }
        }
    }

    /// <summary>
    /// That it was let in is a guess that others, who went first, or a write that hangs may prove wrong: it is turned away then, whoever
    /// writes.
    /// </summary>
    private async ValueTask<WriterTurn> WaitAsync(TaskCompletionSource<WriterTurn> turn)
    {
        await using var patience = time.CreateTimer(
            _ => turn.TrySetException(new DatabaseBusyException(LongestWait)), null, LongestWait, Timeout.InfiniteTimeSpan);
        return await turn.Task;
    }

    private WriterTurn Begin()
    {
        var turn = new WriterTurn(this, time.GetTimestamp());
        _writing.Add(turn);
        return turn;
    }

    /// <summary>
    /// Everybody in front at the average pace, and for those who write now no less than they have taken already: one of them may hang.
    /// </summary>
    private TimeSpan ExpectedWait()
    {
        var inFront = _average * (_begun.Count + _new.Count + 1);
        var shortest = _writing.Min(turn => time.GetElapsedTime(turn.BeganAt));
        return (inFront / atOnce) + shortest;
    }
}

/// <summary>A writer's turn. Disposed of once, by whoever has it.</summary>
/// <param name="queue">Where it comes from.</param>
/// <param name="beganAt">When it began, as a timestamp.</param>
internal sealed class WriterTurn(WriterQueue queue, long beganAt) : IDisposable
{
    /// <summary>When it began, as a timestamp.</summary>
    public long BeganAt => beganAt;

    public void Dispose() => queue.End(this);
}
