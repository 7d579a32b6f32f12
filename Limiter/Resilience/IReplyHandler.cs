using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Resilience;

/// <summary>What becomes of a remote engine's reply before its caller sees it. Safe for use by many threads.</summary>
internal interface IReplyHandler
{
    /// <summary>
    /// The engine replied, or is taken to have done so: with the fault of a missed deadline, or of a call turned away here.
    /// </summary>
    /// <param name="request">What was asked.</param>
    /// <param name="reply">The reply.</param>
    /// <param name="asked">When it was asked.</param>
    /// <param name="caller">The caller's token.</param>
    /// <returns>What the caller is told.</returns>
    ValueTask<EngineReply> ConcludeAsync(in LimitRequest request, in EngineReply reply, AskedAt asked, CancellationToken caller);

    /// <summary>The caller went away while the engine was asked: what it decided is never heard of.</summary>
    /// <param name="request">What was asked.</param>
    void Abandon(in LimitRequest request);
}
