using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The calls to one cluster's actors: alone, or with others for the same silo once it is known who holds a key. Replies tell that. Safe for
/// many threads.
/// </summary>
internal sealed class ActorCalls
{
    private readonly SpecCatalog _catalog;
    private readonly ActorReferences _actors;
    private readonly BatchLanes _lanes;

    private readonly IdlePool<AloneCall> _idle;

    /// <param name="cluster">The cluster.</param>
    /// <param name="beginning">What the actors' names begin with.</param>
    /// <param name="catalog">The specs.</param>
    /// <param name="batches">When requests travel together.</param>
    /// <param name="time">The clock of what is late.</param>
    public ActorCalls(ReachedCluster cluster, string beginning, SpecCatalog catalog, BatchSettings batches, TimeProvider time)
    {
        Cluster = cluster;
        _idle = new IdlePool<AloneCall>(() => new AloneCall(this));
        _catalog = catalog;
        _lanes = new BatchLanes(cluster, this, batches, time);
        _actors = new ActorReferences(cluster, beginning, _lanes.Keep);
    }

    /// <summary>The cluster that is called.</summary>
    public ReachedCluster Cluster { get; }

    /// <summary>Decides one request.</summary>
    public ValueTask<EngineReply> ExecuteAsync(in LimitRequest request, CancellationToken cancellationToken)
    {
        AskedActor asked;
        bool isTried;
        try
        {
            asked = _actors.Of(request.Key, request.Spec.Algorithm, out isTried);
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, CancellationToken.None) is not null)
        {
            // The client has no connection any more, or not yet the list of what the silos host.
            return new(EngineReply.Failed(EngineFault.Unavailable));
        }

        var lane = isTried ? null : asked.Lane;
        if (lane is not null && !lane.GoesAlone(asked, request, cancellationToken, out var answer))
            return answer;
        return _idle.Rent().Begin(asked, isTried, request, lane, cancellationToken);
    }

    /// <summary>Asks an actor alone.</summary>
    public ValueTask<EngineReply> AskAsync(AskedActor asked, in LimitRequest request, CancellationToken cancellationToken) =>
        _idle.Rent().Begin(asked, isTried: false, request, null, cancellationToken);

    /// <summary>A call has been answered.</summary>
    public void Return(AloneCall call) => _idle.Return(call);

    /// <summary>An own actor that was tried counts its policy's keys again.</summary>
    public void OwnActorsCount(AskedActor own) => _actors.OwnActorsCount(own.Key.Scope.Policy);

    /// <summary>A reply told in which silo an actor is; 0: it did not.</summary>
    public void Learn(AskedActor actor, ulong silo)
    {
        if (silo != 0 && (actor.Lane is not { IsClosed: false } known || known.Number != silo))
            actor.Lane = _lanes.To(silo);
    }

    /// <summary>The common actor of the key of an own one, which has said that the common one counts.</summary>
    public AskedActor CommonOf(AskedActor own) => _actors.CommonOf(own);

    /// <summary>A request as it is sent.</summary>
    public LimitCallMessage ToMessage(in LimitRequest request) => WireMap.ToMessage(request, _catalog);

    /// <summary>What a silo replied.</summary>
    /// <exception cref="NotSupportedException">The key's algorithm has no such operation.</exception>
    public EngineReply Read(in LimitReplyMessage reply, Operation operation) => (ReplyKind)reply.Kind switch
    {
        ReplyKind.Decided => WireMap.ToReply(reply, _catalog),
        ReplyKind.RequestIdReused => EngineReply.Failed(EngineFault.RequestIdReused),
        ReplyKind.Overloaded => EngineReply.Failed(WireMap.ToOverload(reply)),
        ReplyKind.TimedOut => EngineReply.Failed(EngineFault.DeadlineExceeded),
        ReplyKind.NotSupported => throw new NotSupportedException($"The key's algorithm has no {operation} operation."),

        // Unavailable, and whatever a newer silo may come to say.
        _ => EngineReply.Failed(EngineFault.Unavailable),
    };
}
