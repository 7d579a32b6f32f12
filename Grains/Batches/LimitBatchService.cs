using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Grains.Batches;

/// <summary>
/// Takes the batches of front ends. Its calls interleave. The actors are asked in its own turn, one after the other, which takes the time
/// of sending that many messages within the silo; they run beside each other.
/// </summary>
internal sealed class LimitBatchService(
    GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, ISiloStatusOracle silos, BatchRunPool runs)
    : GrainService(id, silo, loggers), ILimitBatches
{
    private static readonly LimitBatchReplyMessage Forgotten = new(0, [], []);
    private static readonly LimitBatchReplyMessage Refused = new(LimitBatchReplyMessage.NothingDone, [], []);

    // A silo that leaves gives its keys to others, and can send its actors nothing at last.
    private bool IsLeaving => silos.CurrentStatus is SiloStatus.ShuttingDown or SiloStatus.Stopping or SiloStatus.Dead;

    public ValueTask<LimitBatchReplyMessage> ExecuteAsync(LimitBatchMessage batch) =>
        IsLeaving ? new(Refused) : new(runs.Rent().StartAsync(batch));

    public ValueTask<LimitBatchReplyMessage> CollectAsync(long rest) =>
        runs.Find(rest) is { } run ? new(run.NextAsync()) : new(Forgotten);
}
