using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Resilience;

/// <summary>
/// One call that races its deadline: whichever ends first makes the reply. A call that is given up runs on unwatched; what it throws then
/// is observed, and its timer stays with it, since it may still look at its token. Awaited once, by one caller; ended from any thread.
/// </summary>
internal sealed class DeadlineCall : IValueTaskSource<EngineReply>
{
    private readonly DeadlineEngine _owner;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationToken _caller;
    private readonly ConfiguredValueTaskAwaitable<EngineReply>.ConfiguredValueTaskAwaiter _call;
    private ManualResetValueTaskSourceCore<EngineReply> _reply;
    private CancellationTokenRegistration _link;
    private CancellationTokenRegistration _watch;
    private int _ended;

    /// <param name="owner">Whose call it is.</param>
    /// <param name="call">The call, begun with the timer's token.</param>
    /// <param name="timer">Its deadline, not running yet.</param>
    /// <param name="caller">The caller's.</param>
    public DeadlineCall(DeadlineEngine owner, in ValueTask<EngineReply> call, CancellationTokenSource timer, CancellationToken caller)
    {
        (_owner, _timer, _caller) = (owner, timer, caller);
        _call = call.ConfigureAwait(false).GetAwaiter();
    }

    public ValueTask<EngineReply> RunAsync(TimeSpan deadline)
    {
        _link = _caller.UnsafeRegister(static timer => ((CancellationTokenSource)timer!).Cancel(), _timer);
        _timer.CancelAfter(deadline);
        _watch = _timer.Token.UnsafeRegister(static call => ((DeadlineCall)call!).GiveUp(), this);
        if (_call.IsCompleted)
            OnCompleted();
        else
            _call.UnsafeOnCompleted(OnCompleted);
        return new(this, _reply.Version);
    }

    EngineReply IValueTaskSource<EngineReply>.GetResult(short token) => _reply.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<EngineReply>.GetStatus(short token) => _reply.GetStatus(token);

    void IValueTaskSource<EngineReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reply.OnCompleted(continuation, state, token, flags);

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever a call throws becomes a fault, or was given up before.")]
    private void OnCompleted()
    {
        var isInTime = Interlocked.Exchange(ref _ended, 1) == 0;
        if (isInTime)
        {
            // Waits for a cancellation under way on another thread: after it the timer is either cancelled or free of this call.
            _link.Dispose();
            _watch.Dispose();
        }

        EngineReply reply = default;
        Exception? thrown = null;
        try
        {
            reply = _call.GetResult();
        }
        catch (Exception failure)
        {
            thrown = failure;
        }

        if (!isInTime)
            return;
        if (thrown is not null)
        {
            Fail(thrown);
            return;
        }

        _owner.Return(_timer);
        _reply.SetResult(reply);
    }

    private void Fail(Exception thrown)
    {
        if (thrown is OperationCanceledException && _timer.IsCancellationRequested)
        {
            // It looked at its token before this looked at the timer.
            EndLate();
            return;
        }

        _owner.Return(_timer);
        if (thrown is NotSupportedException)
            _reply.SetException(thrown);
        else
            _reply.SetResult(_owner.Fault(thrown));
    }

    private void GiveUp()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        _link.Dispose();
        EndLate();
    }

    private void EndLate()
    {
        if (_caller.IsCancellationRequested)
            _reply.SetException(new OperationCanceledException(_caller));
        else
            _reply.SetResult(EngineReply.Failed(EngineFault.DeadlineExceeded));
    }
}
