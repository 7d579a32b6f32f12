using System.Collections.Concurrent;

namespace OrleansLimiter.Grains.Batches;

/// <summary>What the batches of a silo share. Safe for many threads.</summary>
/// <param name="grains">Finds actors wherever they are.</param>
/// <param name="actors">Those that are here.</param>
/// <param name="silo">The silo's number.</param>
/// <param name="time">The clock of turns.</param>
internal sealed class BatchRunPool(IGrainFactory grains, CountingActors actors, uint silo, TimeProvider time)
{
    /// <summary>
    /// How long a batch's replies wait for each other: longer than any turn that does not wait itself, for storage or another actor.
    /// </summary>
    public static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(5);

    /// <summary>How long late replies are kept for somebody to ask for them.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    // More than ever run at once on a silo that is not stalled; what comes on top is left to the collector.
    private const int MostIdle = 64;

    private readonly ConcurrentQueue<BatchRun> _idle = new();
    private readonly ConcurrentDictionary<long, BatchRun> _late = new();
    private long _lastNumber;

    public IGrainFactory Grains => grains;

    public CountingActors Actors => actors;

    public uint Silo => silo;

    public TimeProvider Time => time;

    /// <summary>How many batches have replies that were not asked for yet.</summary>
    public int LateCount => _late.Count;

    public BatchRun Rent() => _idle.TryDequeue(out var run) ? run : new BatchRun(this);

    public void Return(BatchRun run)
    {
        if (_idle.Count < MostIdle)
            _idle.Enqueue(run);
        else
            run.Dispose();
    }

    /// <summary>Some replies of a batch are late.</summary>
    /// <returns>What it is called from now on.</returns>
    public long Keep(BatchRun run)
    {
        var number = Interlocked.Increment(ref _lastNumber);
        _late[number] = run;
        return number;
    }

    public BatchRun? Find(long number) => _late.GetValueOrDefault(number);

    public void Forget(long number) => _late.TryRemove(number, out _);
}
