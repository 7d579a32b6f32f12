using Orleans.Serialization;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>What the cluster's exceptions mean. An exception that means none of these is a bug, and is thrown on.</summary>
internal static class ClusterFaults
{
    /// <summary>The fault that an exception of a call stands for; null for a bug and for the caller's own cancellation.</summary>
    public static EngineFault? Of(Exception exception, CancellationToken caller) => exception switch
    {
        OperationCanceledException when caller.IsCancellationRequested => null,
        TimeoutException => EngineFault.DeadlineExceeded,
        GatewayTooBusyException or LimitExceededException => EngineFault.Overloaded,

        // SiloUnavailableException, OrleansMessageRejectionException, ConnectionFailedException and their like.
        OrleansException => EngineFault.Unavailable,

        // A connection that was aborted is an OperationCanceledException of its own; a client that was stopped is disposed.
        OperationCanceledException or ObjectDisposedException => EngineFault.Unavailable,

        // A silo of another build, in a rolling update, does not know the method or cannot read the message (an alias that it does not know is a
        // TypeLoadException): until it is replaced as well its keys are nobody's.
        TypeLoadException or SerializerException => EngineFault.Unavailable,
        _ => null,
    };
}
