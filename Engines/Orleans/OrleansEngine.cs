using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The cluster as an engine: each request is one call to the actor that owns the key, or one of several in a message to the silo that has
/// it. The caller's deadline is its cancellation token: it travels with a call that goes alone, and ends the wait for one that does not.
/// Never waits for a connection. It does not bound the calls in flight, and the client's own queues have no bound: whoever asks it does.
/// Safe for many threads.
/// </summary>
/// <param name="gate">The cluster, once there is one.</param>
/// <param name="application">
/// What the names of all actors begin with (<see cref="ApplicationName"/>): apps of different names count apart on one cluster. Empty: as
/// before there were such names.
/// </param>
/// <param name="time">The clock of silos that are late; null for the system's.</param>
/// <param name="batches">When requests travel together; null for the defaults.</param>
internal sealed class OrleansEngine(
    ClusterGate gate, string application = "", TimeProvider? time = null, BatchSettings? batches = null) : ILimitEngine
{
    private readonly string _beginning = ApplicationName.BeginningOf(application);
    private readonly SpecCatalog _catalog = new();
    private volatile ActorCalls? _calls;

    public string Source => "cluster";

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(cancellationToken);
        return gate.Cluster is { } cluster
            ? CallsTo(cluster).ExecuteAsync(request, cancellationToken)
            : new(EngineReply.Failed(EngineFault.Unavailable));
    }

    private ActorCalls CallsTo(ReachedCluster cluster)
    {
        // A client that was built anew knows nothing of the old one's references.
        var calls = _calls;
        if (!ReferenceEquals(calls?.Cluster, cluster))
            _calls = calls = new ActorCalls(cluster, _beginning, _catalog, batches ?? new BatchSettings(), time ?? TimeProvider.System);
        return calls;
    }
}
