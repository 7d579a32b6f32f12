using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Core.Ports;

/// <summary>
/// The narrow port that every engine implements: one request, one round trip, one reply. Safe for use by many threads.
/// The engine reads its own clock once per request. It answers with a fault where it cannot decide and throws for bugs only.
/// </summary>
public interface ILimitEngine
{
    /// <summary>What answers carry as their source: <c>memory</c>, <c>cluster</c>, <c>redis</c> or <c>local</c>.</summary>
    string Source { get; }

    /// <summary>Decides one request.</summary>
    /// <param name="request">What is asked of which key, under which spec.</param>
    /// <param name="cancellationToken">The caller's deadline. Cancelled: <see cref="OperationCanceledException"/>; whether the request was
    /// charged is then not known.</param>
    /// <returns>The decision, or the fault that prevented one.</returns>
    /// <exception cref="NotSupportedException">The spec's algorithm has no such operation
    /// (<see cref="Limits.LimitSpec.Supports"/>).</exception>
    ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken);
}
