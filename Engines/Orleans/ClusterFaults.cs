using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>What the cluster's exceptions mean. An exception that means none of these is a bug, and is thrown on.</summary>
internal static class ClusterFaults
{
    private const long OneSecond = 1_000_000;

    /// <summary>There is no cluster, or not the part of it that owns the key.</summary>
    public static EngineFault Unavailable { get; } = new(EngineFaultKind.Unavailable, Wait.OfMicroseconds(OneSecond));

    /// <summary>No answer in time: whether the request was charged is not known.</summary>
    public static EngineFault DeadlineExceeded { get; } = new(EngineFaultKind.DeadlineExceeded, Wait.OfMicroseconds(OneSecond));

    /// <summary>A silo, or this front end, has more to do than it can do.</summary>
    public static EngineFault Overloaded { get; } = new(EngineFaultKind.Overloaded, Wait.OfMicroseconds(OneSecond));

    /// <summary>The fault that an exception of a call stands for; null for a bug and for the caller's own cancellation.</summary>
    public static EngineFault? Of(Exception exception, CancellationToken caller) => exception switch
    {
        OperationCanceledException when caller.IsCancellationRequested => null,
        TimeoutException => DeadlineExceeded,
        GatewayTooBusyException or LimitExceededException => Overloaded,

        // SiloUnavailableException, OrleansMessageRejectionException, ConnectionFailedException and their like.
        OrleansException => Unavailable,

        // A connection that was aborted is an OperationCanceledException of its own; a client that was stopped is disposed.
        OperationCanceledException or ObjectDisposedException => Unavailable,
        _ => null,
    };
}
