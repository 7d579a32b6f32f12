using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Limiter;

/// <summary>
/// Bounds the calls that an engine has under way: its client's queues have no bound of their own, and a stall would become memory. A call counts until it
/// really ends, also one that nobody waits for any more. Safe for use by many threads; takes no lock.
/// </summary>
internal sealed class InFlightEngine(ILimitEngine inner, int max, ResilienceMetrics metrics) : ILimitEngine
{
    private static readonly EngineReply Rejected = EngineReply.Failed(EngineFault.Overloaded).From(ReplySource.Local);

    private int _count;

    /// <inheritdoc />
    public string Source => inner.Source;

    /// <summary>How many calls are under way.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc />
    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _count) > max)
        {
            Interlocked.Decrement(ref _count);
            metrics.CountInFlightRejection();
            return new(Rejected);
        }

        ValueTask<EngineReply> pending;
        try
        {
            pending = inner.ExecuteAsync(request, cancellationToken);
        }
        catch
        {
            Interlocked.Decrement(ref _count);
            throw;
        }

        if (!pending.IsCompleted)
            return Counted(pending);
        Interlocked.Decrement(ref _count);
        return pending;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EngineReply> Counted(ValueTask<EngineReply> pending)
    {
        try
        {
            return await pending.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
