using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Orleans.Batches;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// A call to one actor under way, and its caller's answer: awaited once, and used again then. The caller goes on in the thread that the
/// reply comes in.
/// </summary>
internal sealed class AloneCall : IValueTaskSource<EngineReply>
{
    private readonly ActorCalls _calls;
    private readonly Action _onReplied;
    private ManualResetValueTaskSourceCore<EngineReply> _answer;
    private ConfiguredValueTaskAwaitable<LimitReplyMessage>.ConfiguredValueTaskAwaiter _reply;
    private AskedActor? _asked;
    private BatchLane? _lane;
    private LimitCallMessage _call;
    private CancellationToken _caller;
    private Operation _operation;
    private bool _isTried;
    private bool _isAgain;

    /// <param name="calls">Where it goes to be used again.</param>
    public AloneCall(ActorCalls calls)
    {
        _calls = calls;
        _onReplied = OnReplied;
    }

    /// <summary>Asks the actor.</summary>
    /// <param name="asked">Whom.</param>
    /// <param name="isTried">Whether it is an own actor whose policy's keys the common ones count, as far as is known.</param>
    /// <param name="request">What.</param>
    /// <param name="lane">Who is told when the call has ended; null: nobody.</param>
    /// <param name="caller">The caller's patience, which travels with the call.</param>
    /// <returns>The answer: to be awaited once.</returns>
    public ValueTask<EngineReply> Begin(
        AskedActor asked, bool isTried, in LimitRequest request, BatchLane? lane, CancellationToken caller)
    {
        (_asked, _isTried, _operation, _lane, _caller, _isAgain) = (asked, isTried, request.Operation, lane, caller, false);
        _call = _calls.ToMessage(request);
        Ask(asked);
        return new(this, _answer.Version);
    }

    EngineReply IValueTaskSource<EngineReply>.GetResult(short token)
    {
        // Whoever asks a second time is told so here, and does not give back what is another caller's by now.
        _answer.GetStatus(token);
        try
        {
            return _answer.GetResult(token);
        }
        finally
        {
            (_asked, _lane, _call, _caller, _reply) = (null, null, default, default, default);
            _answer.Reset();
            _calls.Return(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<EngineReply>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<EngineReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    [SuppressMessage("Design", "CA1031", Justification = "Every one is a fault, but for the caller's own cancellation, which is thrown.")]
    private void Ask(AskedActor asked)
    {
        try
        {
            Await(asked.Actor.ExecuteAsync(_call, _caller));
        }
        catch (Exception failure)
        {
            End(failure);
            return;
        }

        if (_reply.IsCompleted)
            OnReplied();
        else
            _reply.UnsafeOnCompleted(_onReplied);
    }

    private void AskAgain()
    {
        _isAgain = true;
        Ask(_asked!);
    }

    private void Await(in ValueTask<LimitReplyMessage> reply) => _reply = reply.ConfigureAwait(false).GetAwaiter();

    [SuppressMessage("Design", "CA1031", Justification = "Every one is a fault, but for the caller's own cancellation, which is thrown.")]
    private void OnReplied()
    {
        LimitReplyMessage reply;
        AskedActor? common = null;
        try
        {
            reply = _reply.GetResult();
            if ((ReplyKind)reply.Kind == ReplyKind.AskCommon && _asked!.IsNamed)
                common = _calls.CommonOf(_asked);
            else if (_isTried && (ReplyKind)reply.Kind == ReplyKind.Decided)
                _calls.OwnActorsCount(_asked!);
        }
        catch (Exception failure)
        {
            if (!_isAgain && Rejection.IsUndone(failure))
                AskAgain();
            else
                End(failure);
            return;
        }

        if (common is not null)
        {
            (_asked, _isTried) = (common, false);
            Ask(common);
            return;
        }

        _lane?.End();
        _calls.Learn(_asked!, reply.Silo);
        EngineReply read;
        try
        {
            read = _calls.Read(reply, _operation);
        }
        catch (Exception thrown)
        {
            _answer.SetException(thrown);
            return;
        }

        _answer.SetResult(read);
    }

    private void End(Exception failure)
    {
        _lane?.End();
        if (failure is ArgumentException && _operation >= Operation.Renew)
        {
            // A silo of the build before this one has no such operation.
            _answer.SetException(new NotSupportedException($"The silo has no {_operation} operation."));
        }
        else if (ClusterFaults.Of(failure, _caller) is { } fault)
        {
            _answer.SetResult(EngineReply.Failed(fault));
        }
        else
        {
            _answer.SetException(failure);
        }
    }
}
