using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>What the exceptions of a call to the cluster mean: every one is a fault, but for the caller's own cancellation.</summary>
internal static class ClusterFaults
{
    /// <summary>The fault that an exception of a call stands for; null for the caller's own cancellation.</summary>
    public static EngineFault? Of(Exception exception, CancellationToken caller) => exception switch
    {
        OperationCanceledException when caller.IsCancellationRequested => null,
        TimeoutException => EngineFault.DeadlineExceeded,

        // A silo that sheds load, or whose queue of one actor has a bound: ours set neither, somebody else's may.
        GatewayTooBusyException or LimitExceededException => EngineFault.Overloaded,

        // SiloUnavailableException and its like; a connection that was aborted, which is an OperationCanceledException of its own; a client
        // that was stopped; a silo of another build, in a rolling update, that does not know the method or cannot read the message
        // (TypeLoadException); and whatever else may come to be thrown.
        _ => EngineFault.Unavailable,
    };
}
