using System.Diagnostics.CodeAnalysis;

namespace OrleansLimiter.Grains.Batches;

/// <summary>
/// One request of a batch. Where its actor is here and counts, it is decided in a turn of the actor's, without a message; else its actor is
/// sent one, and is found wherever it is. Used again with its run.
/// </summary>
/// <param name="run">Whose it is.</param>
/// <param name="place">Its place in the batch.</param>
internal sealed class BatchTurn(BatchRun run, int place) : IThreadPoolWorkItem
{
    private LimitGrain? _actor;
    private ActorKind _kind;
    private ReadOnlyMemory<byte> _name;
    private LimitCallMessage _call;

    /// <summary>Asks the actor.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "What one call throws is its request's fault.")]
    public void Begin(bool isNamed, ReadOnlyMemory<byte> name, in LimitCallMessage call)
    {
        (_name, _call) = (name, call);
        try
        {
            _kind = isNamed ? ActorKinds.OfAlgorithm(call.Spec.Algorithm) : ActorKind.Common;
            if (run.Pool.Actors.At(_kind, name.Span) is { } counting)
            {
                _actor = counting.Actor;
                counting.Turns.QueueAction(static turn => ((BatchTurn)turn).Decide(), this);
                return;
            }
        }
        catch (Exception failure)
        {
            run.Take(place, Failed(failure));
            return;
        }

        _ = AskAsync();
    }

    /// <summary>Sends the actor a message, outside its own turn.</summary>
    public void Execute() => _ = AskAsync();

    /// <summary>Holds nothing any more.</summary>
    public void Clear() => (_actor, _name, _call) = (null, default, default);

    [SuppressMessage("Design", "CA1031", Justification = "What one turn throws is its request's fault.")]
    private void Decide()
    {
        LimitReplyMessage reply;
        try
        {
            if (!_actor!.TryDecide(_kind, _name.Span, _call, out reply))
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }
        }
        catch (Exception failure)
        {
            reply = Failed(failure);
        }

        run.Take(place, reply);
    }

    [SuppressMessage("Design", "CA1031", Justification = "What one call throws is its request's fault.")]
    private async Task AskAsync()
    {
        LimitReplyMessage reply;
        try
        {
            var actor = GrainId.Create(ActorKinds.TypeOf(_kind), new IdSpan(_name.ToArray()));
            reply = await AskAsync(run.Pool.Grains.GetGrain<ILimitGrain>(actor)).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            reply = Failed(failure);
        }

        run.Take(place, reply);
    }

    private async ValueTask<LimitReplyMessage> AskAsync(ILimitGrain actor)
    {
        try
        {
            return await actor.ExecuteAsync(_call, CancellationToken.None).ConfigureAwait(false);
        }
        catch (OrleansMessageRejectionException rejected) when (Rejection.IsUndone(rejected))
        {
            return await actor.ExecuteAsync(_call, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private LimitReplyMessage Failed(Exception failure) => WireMap.Failed(failure switch
    {
        TimeoutException => ReplyKind.TimedOut,
        GatewayTooBusyException or LimitExceededException => ReplyKind.Overloaded,

        // A silo of a build before this one has no such operation.
        ArgumentException when _call.Operation >= WireMap.RenewNumber => ReplyKind.NotSupported,
        _ => ReplyKind.Unavailable,
    });
}
