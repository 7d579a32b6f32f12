using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The cluster as an engine: each request is one call to the actor that owns the key. The caller's deadline is its
/// cancellation token, which travels with the call. Never waits for a connection. It does not bound the calls in flight, and the
/// client's own queues have no bound: whoever asks it does. Safe for many threads.
/// </summary>
/// <param name="gate">The cluster, once there is one.</param>
/// <param name="application">
/// What the names of all actors begin with (<see cref="ApplicationName"/>): apps of different names count apart on one cluster. Empty: as
/// before there were such names.
/// </param>
internal sealed class OrleansEngine(ClusterGate gate, string application = "") : ILimitEngine
{
    private readonly string _beginning = ApplicationName.BeginningOf(application);
    private readonly SpecCatalog _catalog = new();
    private volatile ActorReferences? _actors;

    public string Source => "cluster";

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(cancellationToken);
        if (gate.Cluster is not { } cluster || !TryFind(cluster, request, out var asked, out var isTried))
            return ValueTask.FromResult(EngineReply.Failed(EngineFault.Unavailable));
        return CallAsync(asked, isTried, request.Operation, WireMap.ToMessage(request, _catalog), cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EngineReply> CallAsync(
        AskedActor asked, bool isTried, Operation operation, LimitCallMessage call, CancellationToken cancellationToken)
    {
        LimitReplyMessage reply;
        try
        {
            reply = await asked.Actor.ExecuteAsync(call, cancellationToken);
            if ((ReplyKind)reply.Kind == ReplyKind.AskCommon)
                reply = await _actors!.CommonOf(asked).Actor.ExecuteAsync(call, cancellationToken);
            else if (isTried)
                _actors!.OwnActorsCount(asked.Key.Scope.Policy);
        }
        catch (ArgumentException) when (operation >= Operation.Renew)
        {
            // A silo of the build before this one has no such operation.
            throw new NotSupportedException($"The silo has no {operation} operation.");
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, cancellationToken) is { } fault)
        {
            return EngineReply.Failed(fault);
        }

        return Read(reply, operation);
    }

    private EngineReply Read(in LimitReplyMessage reply, Operation operation) => (ReplyKind)reply.Kind switch
    {
        ReplyKind.Decided => WireMap.ToReply(reply, _catalog),
        ReplyKind.RequestIdReused => EngineReply.Failed(EngineFault.RequestIdReused),
        ReplyKind.Overloaded => EngineReply.Failed(WireMap.ToOverload(reply)),
        ReplyKind.NotSupported => throw new NotSupportedException($"The key's algorithm has no {operation} operation."),

        // Unavailable, and whatever a newer silo may come to say.
        _ => EngineReply.Failed(EngineFault.Unavailable),
    };

    /// <summary>The actor of a key; none where the client has no connection any more, or not yet the list of what the silos host.</summary>
    private bool TryFind(
        ReachedCluster cluster, in LimitRequest request, [NotNullWhen(true)] out AskedActor? asked, out bool isTried)
    {
        // A client that was built anew knows nothing of the old one's references.
        var actors = _actors;
        if (!ReferenceEquals(actors?.Cluster, cluster))
            _actors = actors = new ActorReferences(cluster, _beginning);
        try
        {
            asked = actors.Of(request.Key, request.Spec.Algorithm, out isTried);
            return true;
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, CancellationToken.None) is not null)
        {
            (asked, isTried) = (null, false);
            return false;
        }
    }
}
