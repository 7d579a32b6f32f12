using System.Collections.Concurrent;

namespace OrleansLimiter.Batches;

/// <summary>
/// Calls to be used again: as many as ever waited at once, which whoever asks bounds. Safe for many threads.
/// </summary>
internal sealed class BatchedCallPool
{
    private readonly ConcurrentQueue<BatchedCall> _idle = new();

    public BatchedCall Rent() => _idle.TryDequeue(out var call) ? call : new BatchedCall(this);

    public void Return(BatchedCall call) => _idle.Enqueue(call);
}
