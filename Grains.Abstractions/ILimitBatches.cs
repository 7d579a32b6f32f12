using Orleans.Services;

namespace OrleansLimiter.Grains;

/// <summary>
/// One in each silo, which takes many requests as one message and asks the actor of each key: those are mostly in the same silo, and may be
/// in any. Front ends ask it by the silo's address (<see cref="BatchingSilos"/>).
/// </summary>
[Alias(BatchingSilos.BatchesAlias)]
internal interface ILimitBatches : IGrainService
{
    /// <summary>Does many requests, each as if its actor had been asked for it alone.</summary>
    /// <param name="batch">What is asked of which keys.</param>
    /// <returns>The replies that there are within a turn's time, and where to ask for the rest.</returns>
    [Alias("Execute")]
    ValueTask<LimitBatchReplyMessage> ExecuteAsync(LimitBatchMessage batch);

    /// <summary>Waits for more replies to a batch of which some were late.</summary>
    /// <param name="rest"><see cref="LimitBatchReplyMessage.Rest"/>.</param>
    /// <returns>
    /// At least one reply more, and where to ask for what is left. None, and nowhere, where nobody asked for so long that the replies are
    /// forgotten.
    /// </returns>
    [Alias("Collect")]
    ValueTask<LimitBatchReplyMessage> CollectAsync(long rest);
}
